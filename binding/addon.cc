// The addon's entry: one NativeWorker class per JS environment and the STUN codec, no state of its own but who computes
// SRTP.
#include <napi.h>

#include <string>

#include "convert.h"
#include "stun.h"
#include "worker.h"

// chooseSrtpEngine(wish): see urchin_srtp_engine_choose(). Returns the engine's name. Throws ERR_INVALID_ARGUMENT.
static Napi::Value ChooseSrtpEngine(const Napi::CallbackInfo &info)
{
	if (info.Length() < 1 || !info[0].IsString())
		urchin::Throw(info.Env(), "ERR_INVALID_ARGUMENT", "wish must be a string");
	std::string wish = info[0].As<Napi::String>();
	return Napi::String::New(info.Env(), urchin_srtp_engine_choose(wish.c_str()));
}

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	const char *problem = urchin_openssl_problem();
	if (problem)
		urchin::Throw(env, "ERR_NATIVE_LOAD", problem);
	exports.Set("NativeWorker", urchin::NativeWorker::Define(env));
	exports.Set("chooseSrtpEngine", Napi::Function::New<ChooseSrtpEngine>(env, "chooseSrtpEngine"));
	exports.Set("encodeStunRequest", Napi::Function::New<urchin::EncodeStunRequest>(env, "encodeStunRequest"));
	exports.Set("decodeStun", Napi::Function::New<urchin::DecodeStun>(env, "decodeStun"));
	return exports;
}

NODE_API_MODULE(urchin, Init)
