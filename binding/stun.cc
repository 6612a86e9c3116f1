#include "stun.h"

#include <cmath>
#include <string>
#include <vector>

#include "convert.h"

extern "C" {
#define class class_ // what a C header may call a field
#include "wire/stun.h"
#undef class
}

namespace urchin
{

namespace
{

// Strings in STUN are at most 127 characters (RFC 8489 14.14).
constexpr size_t kSoftwareMax = 127;

std::vector<uint8_t> ToBytes(const Napi::CallbackInfo &info, size_t index, const char *name)
{
	if (!info[index].IsTypedArray() || info[index].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
		Throw(info.Env(), "ERR_INVALID_ARGUMENT", std::string(name) + " must be a Uint8Array");
	// A copy: another thread may write to shared memory while it is read.
	Napi::Uint8Array view = info[index].As<Napi::Uint8Array>();
	return std::vector<uint8_t>(view.Data(), view.Data() + view.ByteLength());
}

bool ToOptionalFlag(Napi::Object options, const char *name)
{
	Napi::Value value = options.Get(name);
	if (!value.IsUndefined() && !value.IsBoolean())
		Throw(options.Env(), "ERR_INVALID_ARGUMENT", std::string(name) + " must be a boolean");
	return value.IsBoolean() && value.As<Napi::Boolean>();
}

uint16_t ToOptionalPort(Napi::Object options, const char *name)
{
	Napi::Value value = options.Get(name);
	if (value.IsUndefined())
		return 0;
	double port = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
	if (!(port >= 1 && port <= 65535 && std::floor(port) == port))
		Throw(options.Env(), "ERR_INVALID_ARGUMENT", std::string(name) + " must be an integer from 1 to 65535");
	return static_cast<uint16_t>(port);
}

std::string ToOptionalText(Napi::Object options, const char *name)
{
	Napi::Value value = options.Get(name);
	if (value.IsUndefined())
		return "";
	std::string text = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
	if (!value.IsString() || text.size() > kSoftwareMax || text.find('\0') != std::string::npos)
		Throw(options.Env(), "ERR_INVALID_ARGUMENT",
		      std::string(name) + " must be a string of at most 127 bytes");
	return text;
}

Napi::Value ToJs(Napi::Env env, const urchin_addr &addr)
{
	if (addr.family == URCHIN_ADDR_NONE)
		return env.Null();
	char text[URCHIN_ADDR_TEXT_CAP];
	Napi::Object object = Napi::Object::New(env);
	object.Set("address", urchin_addr_write(&addr, text, sizeof(text)));
	object.Set("port", static_cast<double>(addr.port));
	object.Set("family", static_cast<double>(addr.family));
	return object;
}

// Bytes that are no UTF-8 become U+FFFD.
Napi::Value ToJs(Napi::Env env, const urchin_stun_bytes &text)
{
	if (!text.bytes)
		return env.Null();
	return Napi::String::New(env, reinterpret_cast<const char *>(text.bytes), text.len);
}

const char *ClassName(urchin_stun_class which)
{
	switch (which) {
	case URCHIN_STUN_REQUEST:
		return "request";
	case URCHIN_STUN_INDICATION:
		return "indication";
	case URCHIN_STUN_SUCCESS:
		return "success";
	default:
		return "error";
	}
}

Napi::Value ErrorToJs(Napi::Env env, const urchin_stun &stun)
{
	if (stun.error_code == 0)
		return env.Null();
	Napi::Object error = Napi::Object::New(env);
	error.Set("code", static_cast<double>(stun.error_code));
	error.Set("reason", ToJs(env, stun.error_reason));
	return error;
}

} // namespace

Napi::Value EncodeStunRequest(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::vector<uint8_t> transaction = ToBytes(info, 0, "transaction");
	if (transaction.size() != URCHIN_STUN_TRANSACTION_LEN)
		Throw(env, "ERR_INVALID_ARGUMENT", "transaction must have 12 bytes");
	if (!info[1].IsUndefined() && (!info[1].IsObject() || info[1].IsArray()))
		Throw(env, "ERR_INVALID_ARGUMENT", "options must be an object");
	Napi::Object options = info[1].IsUndefined() ? Napi::Object::New(env) : info[1].As<Napi::Object>();
	bool change_ip = ToOptionalFlag(options, "changeIp");
	bool change_port = ToOptionalFlag(options, "changePort");
	uint16_t response_port = ToOptionalPort(options, "responsePort");
	std::string software = ToOptionalText(options, "software");

	uint8_t bytes[URCHIN_STUN_MESSAGE_CAP];
	urchin_stun_writer writer;
	urchin_stun_begin(&writer, bytes, sizeof(bytes), URCHIN_STUN_REQUEST, URCHIN_STUN_BINDING, transaction.data());
	if (change_ip || change_port)
		urchin_stun_add_change_request(&writer, change_ip, change_port);
	if (response_port)
		urchin_stun_add_response_port(&writer, response_port);
	if (!software.empty())
		urchin_stun_add_software(&writer, software.c_str());
	int len = urchin_stun_finish_plain(&writer);
	if (len < 0)
		Throw(env, urchin_err_name(len), "the request does not fit into a message");
	return Napi::Buffer<uint8_t>::Copy(env, bytes, static_cast<size_t>(len));
}

Napi::Value DecodeStun(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	std::vector<uint8_t> bytes = ToBytes(info, 0, "datagram");
	urchin_stun stun;
	if (urchin_stun_read(&stun, bytes.data(), bytes.size()) < 0)
		return env.Null();
	Napi::Array unknown = Napi::Array::New(env, stun.unknown_count);
	for (size_t i = 0; i < stun.unknown_count; i++)
		unknown.Set(static_cast<uint32_t>(i), static_cast<double>(stun.unknown[i]));
	Napi::Object message = Napi::Object::New(env);
	message.Set("class", ClassName(stun.class_));
	message.Set("method", static_cast<double>(stun.method));
	message.Set("transaction", Napi::Buffer<uint8_t>::Copy(env, stun.transaction, URCHIN_STUN_TRANSACTION_LEN));
	message.Set("mapped", ToJs(env, stun.mapped));
	message.Set("responseOrigin", ToJs(env, stun.response_origin));
	message.Set("otherAddress", ToJs(env, stun.other_address));
	message.Set("error", ErrorToJs(env, stun));
	message.Set("software", ToJs(env, stun.software));
	message.Set("unknown", unknown);
	return message;
}

} // namespace urchin
