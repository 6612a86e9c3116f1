// From JS values to the structs of urchin.h. Every field is checked for type, range and length; what does not fit
// throws a TypeError with code ERR_INVALID_ARGUMENT that names the field. Reading a field can run JS (getters): every
// value is read once, and nothing is taken to be as it was before.
#ifndef URCHIN_BINDING_CONVERT_H
#define URCHIN_BINDING_CONVERT_H

#include <napi.h>

#include <deque>
#include <string>
#include <vector>

extern "C" {
#include "urchin.h"
}

namespace urchin
{

// Throws a JS error with a code.
[[noreturn]] void Throw(Napi::Env env, const char *code, const std::string &message);

// An argument of a call: an id (1 .. 2^53 - 1), one that may be 0, a request id (0 too), a flag.
uint64_t ToId(const Napi::CallbackInfo &info, size_t index, const char *name);
uint64_t ToIdOrZero(const Napi::CallbackInfo &info, size_t index, const char *name);
uint64_t ToRequestId(const Napi::CallbackInfo &info);
unsigned ToWorkerNumber(const Napi::CallbackInfo &info, size_t index);
bool ToFlag(const Napi::CallbackInfo &info, size_t index, const char *name);

// Structs with pointers live as long as the converter that owns the strings behind them.
class ConnectionConfig
{
      public:
	explicit ConnectionConfig(Napi::Value value);
	const urchin_connection_config *get() const
	{
		return &config_;
	}

      private:
	urchin_connection_config config_{};
	std::deque<std::string> strings_;
	std::vector<urchin_ice_server> servers_;
	std::vector<const char *> addresses_;
};

class Remote
{
      public:
	explicit Remote(Napi::Value value);
	const urchin_remote *get() const
	{
		return &remote_;
	}

      private:
	urchin_remote remote_{};
	std::string ufrag_;
	std::string pwd_;
	std::vector<urchin_fingerprint> fingerprints_;
};

// Our ICE user name and password, and for a gather who controls.
struct Credentials {
	std::string ufrag;
	std::string pwd;
	bool controlling = false;
};

// Owns the strings that the list points to.
class Addresses
{
      public:
	Addresses(Napi::Value value, const char *name);
	const std::vector<const char *> &list() const
	{
		return list_;
	}

      private:
	std::deque<std::string> strings_;
	std::vector<const char *> list_;
};

Credentials ToCredentials(Napi::Value value);
urchin_candidate ToCandidate(Napi::Value value);
urchin_receiver_config ToReceiverConfig(Napi::Value value);
urchin_sender_config ToSenderConfig(Napi::Value value);
std::vector<urchin_payload_map> ToPayloadMap(Napi::Value value);
urchin_log_level ToLogLevel(Napi::Value value, const char *name);

} // namespace urchin

#endif
