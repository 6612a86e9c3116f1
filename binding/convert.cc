#include "convert.h"

#include <cmath>
#include <cstring>
#include <initializer_list>

namespace urchin
{

namespace
{

constexpr double kMaxSafeInteger = 9007199254740991.0;
constexpr size_t kServersMax = 32;
constexpr size_t kAddressesMax = 64;
constexpr size_t kFingerprintsMax = 8;
constexpr size_t kPayloadMapMax = 128;
constexpr size_t kIceStringMax = 256; // RFC 8839 5.4
constexpr size_t kHostMax = 255;
constexpr size_t kTlsCaMax = 262144;
constexpr size_t kTurnStringMax = 512; // RFC 8489 14.3: USERNAME is below 509 bytes

struct Choice {
	const char *name;
	int value;
};

// Where a value was found, for messages: put together when one is needed, for most values are right.
class Path
{
      public:
	Path(const char *name) : name_(name)
	{
	}
	Path(const Path &parent, const char *name) : parent_(&parent), name_(name)
	{
	}
	Path(const Path &parent, size_t index) : parent_(&parent), index_(index)
	{
	}
	std::string Text() const
	{
		if (!parent_)
			return name_;
		return parent_->Text() + (name_ ? std::string(".") + name_ : "[" + std::to_string(index_) + "]");
	}

      private:
	const Path *parent_ = nullptr;
	const char *name_ = nullptr;
	size_t index_ = 0;
};

[[noreturn]] void ThrowArgument(Napi::Env env, const Path &path, const char *expected)
{
	Throw(env, "ERR_INVALID_ARGUMENT", path.Text() + " must be " + expected);
}

double ToInteger(Napi::Value value, const Path &path, double min, double max)
{
	double number;
	if (napi_get_value_double(value.Env(), value, &number) == napi_ok && number >= min && number <= max &&
	    std::floor(number) == number)
		return number;
	ThrowArgument(value.Env(), path,
		      ("an integer from " + std::to_string(static_cast<long long>(min)) + " to " +
		       std::to_string(static_cast<long long>(max)))
			  .c_str());
}

std::string ToText(Napi::Value value, const Path &path, size_t min_len, size_t max_len)
{
	if (value.IsString()) {
		std::string text = value.As<Napi::String>().Utf8Value();
		// A NUL inside would silently cut the text for C.
		if (text.size() >= min_len && text.size() <= max_len && text.find('\0') == std::string::npos)
			return text;
	}
	ThrowArgument(value.Env(), path,
		      ("a string of " + std::to_string(min_len) + " to " + std::to_string(max_len) + " bytes").c_str());
}

bool ToBoolean(Napi::Value value, const Path &path)
{
	bool flag;
	if (napi_get_value_bool(value.Env(), value, &flag) != napi_ok)
		ThrowArgument(value.Env(), path, "a boolean");
	return flag;
}

int ToChoice(Napi::Value value, const Path &path, std::initializer_list<Choice> choices)
{
	char text[32];
	size_t len;
	// A longer one is cut, and then none of them.
	if (napi_get_value_string_utf8(value.Env(), value, text, sizeof(text), &len) == napi_ok)
		for (const Choice &choice : choices)
			if (len == std::strlen(choice.name) && std::memcmp(text, choice.name, len) == 0)
				return choice.value;
	std::string expected = "one of";
	for (const Choice &choice : choices)
		expected += std::string(" ") + choice.name;
	ThrowArgument(value.Env(), path, expected.c_str());
}

template <typename Each>
void ForEach(Napi::Value value, const Path &path, size_t min_count, size_t max_count, Each each)
{
	// The length is fixed here: reading an element may append to the list.
	size_t count = value.IsArray() ? value.As<Napi::Array>().Length() : 0;
	if (!value.IsArray() || count < min_count || count > max_count)
		ThrowArgument(value.Env(), path,
			      ("a list of " + std::to_string(min_count) + " to " + std::to_string(max_count)).c_str());
	for (size_t i = 0; i < count; i++)
		each(value.As<Napi::Array>().Get(static_cast<uint32_t>(i)), Path(path, i));
}

// An object and where it came from, for messages.
class Fields
{
      public:
	Fields(Napi::Value value, const Path &path) : path_(path)
	{
		if (!value.IsObject() || value.IsArray())
			ThrowArgument(value.Env(), path_, "an object");
		object_ = value.As<Napi::Object>();
	}

	Napi::Value Get(const char *name) const
	{
		return object_.Get(name);
	}
	// Valid as long as this.
	Path PathOf(const char *name) const
	{
		return Path(path_, name);
	}

	double Integer(const char *name, double min, double max) const
	{
		return ToInteger(Get(name), PathOf(name), min, max);
	}
	double IntegerOr(const char *name, double fallback, double min, double max) const
	{
		Napi::Value value = Get(name);
		return value.IsUndefined() ? fallback : ToInteger(value, PathOf(name), min, max);
	}
	std::string Text(const char *name, size_t min_len, size_t max_len) const
	{
		return ToText(Get(name), PathOf(name), min_len, max_len);
	}
	std::string TextOr(const char *name, const char *fallback, size_t max_len) const
	{
		Napi::Value value = Get(name);
		return value.IsUndefined() ? fallback : ToText(value, PathOf(name), 0, max_len);
	}
	bool Flag(const char *name) const
	{
		Napi::Value value = Get(name);
		bool flag;
		if (napi_get_value_bool(value.Env(), value, &flag) == napi_ok)
			return flag;
		return value.IsUndefined() ? false : ToBoolean(value, PathOf(name));
	}
	int Choose(const char *name, std::initializer_list<Choice> choices) const
	{
		return ToChoice(Get(name), PathOf(name), choices);
	}
	// Calls each(value, path) for every element.
	template <typename Each> void List(const char *name, size_t min_count, size_t max_count, Each each) const
	{
		Napi::Value value = Get(name);
		if (value.IsUndefined() && min_count == 0)
			return;
		ForEach(value, PathOf(name), min_count, max_count, each);
	}

      private:
	Napi::Object object_;
	Path path_;
};

template <size_t N> void Copy(char (&out)[N], const std::string &text)
{
	std::memcpy(out, text.c_str(), text.size() + 1);
}

urchin_fingerprint ToFingerprint(Napi::Value value, const Path &path)
{
	Fields fields(value, path);
	urchin_fingerprint fingerprint{};
	int bits = fields.Choose("algorithm", {{"sha-256", 256}, {"sha-384", 384}, {"sha-512", 512}});
	Copy(fingerprint.algorithm, "sha-" + std::to_string(bits));
	std::string hex = fields.Text("value", 1, URCHIN_FINGERPRINT_TEXT_CAP);
	fingerprint.len = static_cast<size_t>(bits) / 8;
	bool is_valid = hex.size() == fingerprint.len * 3 - 1;
	for (size_t i = 0; is_valid && i < hex.size(); i++)
		is_valid = i % 3 == 2 ? hex[i] == ':' : std::isxdigit(static_cast<unsigned char>(hex[i])) != 0;
	if (!is_valid)
		ThrowArgument(value.Env(), fields.PathOf("value"), "a hash of that algorithm in hex with colons");
	for (size_t i = 0; i < fingerprint.len; i++)
		fingerprint.bytes[i] = static_cast<uint8_t>(std::stoul(hex.substr(i * 3, 2), nullptr, 16));
	return fingerprint;
}

urchin_format_codec ToCodec(Napi::Value value, const Path &path)
{
	Fields fields(value, path);
	urchin_format_codec codec{};
	codec.payload_type = static_cast<uint8_t>(fields.Integer("payloadType", 0, 127));
	codec.codec = static_cast<urchin_codec>(fields.Choose("codec", {{"other", URCHIN_CODEC_OTHER},
									{"opus", URCHIN_CODEC_OPUS},
									{"pcmu", URCHIN_CODEC_PCMU},
									{"pcma", URCHIN_CODEC_PCMA},
									{"vp8", URCHIN_CODEC_VP8},
									{"vp9", URCHIN_CODEC_VP9},
									{"h264", URCHIN_CODEC_H264},
									{"av1", URCHIN_CODEC_AV1}}));
	codec.clock_rate_hz = static_cast<uint32_t>(fields.Integer("clockRateHz", 1, 1000000));
	codec.nack = fields.Flag("nack");
	codec.pli = fields.Flag("pli");
	codec.fir = fields.Flag("fir");
	codec.transport_cc = fields.Flag("transportCc");
	codec.remb = fields.Flag("remb");
	return codec;
}

urchin_format ToFormat(Napi::Value value, const Path &path)
{
	Fields fields(value, path);
	urchin_format format{};
	format.kind =
	    static_cast<urchin_kind>(fields.Choose("kind", {{"audio", URCHIN_AUDIO}, {"video", URCHIN_VIDEO}}));
	Copy(format.mid, fields.Text("mid", 0, URCHIN_MID_CAP - 1));
	fields.List("codecs", 0, URCHIN_CODECS_PER_FORMAT, [&](Napi::Value codec, const Path &codec_path) {
		format.codecs[format.codec_count++] = ToCodec(codec, codec_path);
	});
	Napi::Value ext_ids = fields.Get("extIds");
	if (ext_ids.IsUndefined())
		return format;
	Fields ids(ext_ids, fields.PathOf("extIds"));
	const Choice names[] = {
	    {"mid", URCHIN_EXT_MID},
	    {"rid", URCHIN_EXT_RID},
	    {"audioLevel", URCHIN_EXT_AUDIO_LEVEL},
	    {"absSendTime", URCHIN_EXT_ABS_SEND_TIME},
	    {"transportCc", URCHIN_EXT_TRANSPORT_CC},
	    {"videoOrientation", URCHIN_EXT_VIDEO_ORIENTATION},
	    {"absCaptureTime", URCHIN_EXT_ABS_CAPTURE_TIME},
	    {"dependencyDescriptor", URCHIN_EXT_DEPENDENCY_DESCRIPTOR},
	};
	for (const Choice &name : names)
		format.ext_ids[name.value] = static_cast<uint8_t>(ids.IntegerOr(name.name, 0, 0, 255));
	return format;
}

} // namespace

void Throw(Napi::Env env, const char *code, const std::string &message)
{
	Napi::Error error = Napi::TypeError::New(env, message);
	error.Set("code", Napi::String::New(env, code));
	throw error;
}

uint64_t ToId(const Napi::CallbackInfo &info, size_t index, const char *name)
{
	return static_cast<uint64_t>(ToInteger(info[index], name, 1, kMaxSafeInteger));
}

uint64_t ToIdOrZero(const Napi::CallbackInfo &info, size_t index, const char *name)
{
	return static_cast<uint64_t>(ToInteger(info[index], name, 0, kMaxSafeInteger));
}

uint64_t ToRequestId(const Napi::CallbackInfo &info)
{
	return static_cast<uint64_t>(ToInteger(info[0], "requestId", 0, kMaxSafeInteger));
}

unsigned ToWorkerNumber(const Napi::CallbackInfo &info, size_t index)
{
	return static_cast<unsigned>(ToInteger(info[index], "worker", 0, 63));
}

bool ToFlag(const Napi::CallbackInfo &info, size_t index, const char *name)
{
	return ToBoolean(info[index], name);
}

ConnectionConfig::ConnectionConfig(Napi::Value value)
{
	Fields fields(value, "config");
	auto keep = [this](std::string text) { return strings_.emplace_back(std::move(text)).c_str(); };
	fields.List("servers", 0, kServersMax, [&](Napi::Value server, const Path &path) {
		Fields entry(server, path);
		urchin_ice_server out{};
		out.is_turn = entry.Flag("isTurn");
		out.turn_protocol = static_cast<urchin_turn_protocol>(entry.Choose(
		    "protocol", {{"udp", URCHIN_TURN_UDP}, {"tcp", URCHIN_TURN_TCP}, {"tls", URCHIN_TURN_TLS}}));
		out.host = keep(entry.Text("host", 1, kHostMax));
		out.port = static_cast<uint16_t>(entry.Integer("port", 1, 65535));
		if (out.is_turn) {
			out.username = keep(entry.Text("username", 1, kTurnStringMax));
			out.credential = keep(entry.Text("credential", 1, kTurnStringMax));
		}
		servers_.push_back(out);
	});
	fields.List("addresses", 1, kAddressesMax, [&](Napi::Value address, const Path &path) {
		addresses_.push_back(keep(ToText(address, path, 1, URCHIN_ADDRESS_CAP - 1)));
	});
	config_.ice.servers = servers_.data();
	config_.ice.server_count = servers_.size();
	config_.ice.addresses = addresses_.data();
	config_.ice.address_count = addresses_.size();
	config_.ice.lite_port = static_cast<uint16_t>(fields.IntegerOr("litePort", 0, 0, 65535));
	config_.ice.port_min = static_cast<uint16_t>(fields.IntegerOr("portMin", 0, 0, 65535));
	config_.ice.port_max = static_cast<uint16_t>(fields.IntegerOr("portMax", 0, 0, 65535));
	if (config_.ice.port_min > config_.ice.port_max)
		ThrowArgument(value.Env(), fields.PathOf("portMin"), "at most portMax");
	config_.ice.relay_only = fields.Flag("relayOnly");
	config_.ice.tcp = fields.Flag("tcp");
	config_.ice.disconnected_timeout_us =
	    static_cast<uint64_t>(fields.IntegerOr("disconnectedTimeoutMs", 0, 0, 86400000)) * 1000;
	config_.ice.consent_timeout_us =
	    static_cast<uint64_t>(fields.IntegerOr("consentTimeoutMs", 0, 0, 86400000)) * 1000;
	Napi::Value tls_ca = fields.Get("tlsCa");
	if (!tls_ca.IsUndefined())
		config_.ice.tls_ca = keep(ToText(tls_ca, fields.PathOf("tlsCa"), 1, kTlsCaMax));
	config_.connect_timeout_us = static_cast<uint64_t>(fields.IntegerOr("connectTimeoutMs", 0, 0, 86400000)) * 1000;
}

Addresses::Addresses(Napi::Value value, const char *name)
{
	ForEach(value, name, 1, kAddressesMax, [&](Napi::Value address, const Path &path) {
		list_.push_back(strings_.emplace_back(ToText(address, path, 1, URCHIN_ADDRESS_CAP - 1)).c_str());
	});
}

Remote::Remote(Napi::Value value)
{
	Fields fields(value, "remote");
	ufrag_ = fields.Text("ufrag", 1, kIceStringMax);
	pwd_ = fields.Text("pwd", 1, kIceStringMax);
	remote_.ufrag = ufrag_.c_str();
	remote_.pwd = pwd_.c_str();
	remote_.is_ice_lite = fields.Flag("iceLite");
	remote_.local_dtls_role = static_cast<urchin_dtls_role>(
	    fields.Choose("dtlsRole", {{"client", URCHIN_DTLS_CLIENT}, {"server", URCHIN_DTLS_SERVER}}));
	fields.List("fingerprints", 1, kFingerprintsMax, [&](Napi::Value fingerprint, const Path &path) {
		fingerprints_.push_back(ToFingerprint(fingerprint, path));
	});
	remote_.fingerprints = fingerprints_.data();
	remote_.fingerprint_count = fingerprints_.size();
}

Credentials ToCredentials(Napi::Value value)
{
	Fields fields(value, "credentials");
	return {fields.Text("ufrag", 4, kIceStringMax), fields.Text("pwd", 22, kIceStringMax),
		fields.Flag("controlling")};
}

urchin_candidate ToCandidate(Napi::Value value)
{
	Fields fields(value, "candidate");
	urchin_candidate candidate{};
	Copy(candidate.foundation, fields.Text("foundation", 1, URCHIN_FOUNDATION_CAP - 1));
	fields.IntegerOr("component", 1, 1, 1);
	candidate.type = static_cast<urchin_candidate_type>(fields.Choose("type", {{"host", URCHIN_CANDIDATE_HOST},
										   {"srflx", URCHIN_CANDIDATE_SRFLX},
										   {"prflx", URCHIN_CANDIDATE_PRFLX},
										   {"relay", URCHIN_CANDIDATE_RELAY}}));
	candidate.protocol = URCHIN_PROTOCOL_UDP;
	if (fields.Choose("protocol", {{"udp", 0}, {"tcp", 1}}) == 1)
		candidate.protocol = static_cast<urchin_candidate_protocol>(
		    fields.Choose("tcpType", {{"active", URCHIN_PROTOCOL_TCP_ACTIVE},
					      {"passive", URCHIN_PROTOCOL_TCP_PASSIVE},
					      {"so", URCHIN_PROTOCOL_TCP_SO}}));
	candidate.priority = static_cast<uint32_t>(fields.Integer("priority", 0, 4294967295.0));
	Copy(candidate.address, fields.Text("address", 1, URCHIN_ADDRESS_CAP - 1));
	candidate.port = static_cast<uint16_t>(fields.Integer("port", 0, 65535));
	Copy(candidate.related_address, fields.TextOr("relatedAddress", "", URCHIN_ADDRESS_CAP - 1));
	candidate.related_port = static_cast<uint16_t>(fields.IntegerOr("relatedPort", 0, 0, 65535));
	return candidate;
}

urchin_receiver_config ToReceiverConfig(Napi::Value value)
{
	Fields fields(value, "receiver");
	urchin_receiver_config config{};
	config.format = ToFormat(fields.Get("format"), fields.PathOf("format"));
	fields.List(
	    "ssrcs", 0, sizeof(config.ssrcs) / sizeof(config.ssrcs[0]), [&](Napi::Value ssrc, const Path &path) {
		    config.ssrcs[config.ssrc_count++] = static_cast<uint32_t>(ToInteger(ssrc, path, 0, 4294967295.0));
	    });
	Copy(config.rid, fields.TextOr("rid", "", URCHIN_RID_CAP - 1));
	config.max_bitrate_bps = static_cast<uint32_t>(fields.IntegerOr("maxBitrateBps", 0, 0, 4294967295.0));
	return config;
}

urchin_sender_config ToSenderConfig(Napi::Value value)
{
	Fields fields(value, "sender");
	urchin_sender_config config{};
	config.format = ToFormat(fields.Get("format"), fields.PathOf("format"));
	config.ssrc = static_cast<uint32_t>(fields.Integer("ssrc", 1, 4294967295.0));
	Copy(config.cname, fields.Text("cname", 1, URCHIN_CNAME_CAP - 1));
	return config;
}

std::vector<urchin_payload_map> ToPayloadMap(Napi::Value value)
{
	std::vector<urchin_payload_map> map;
	ForEach(value, "payloadMap", 0, kPayloadMapMax, [&](Napi::Value entry, const Path &path) {
		Fields fields(entry, path);
		uint8_t from = static_cast<uint8_t>(fields.Integer("from", 0, 127));
		map.push_back({from, static_cast<uint8_t>(fields.Integer("to", 0, 127))});
	});
	return map;
}

urchin_log_level ToLogLevel(Napi::Value value, const char *name)
{
	return static_cast<urchin_log_level>(ToChoice(value, name,
						      {{"debug", URCHIN_LOG_DEBUG},
						       {"info", URCHIN_LOG_INFO},
						       {"warn", URCHIN_LOG_WARN},
						       {"error", URCHIN_LOG_ERROR}}));
}

} // namespace urchin
