// The addon's entry: one NativeWorker class per JS environment and the STUN codec, no state of its own.
#include <napi.h>

#include "convert.h"
#include "stun.h"
#include "worker.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	const char *problem = urchin_openssl_problem();
	if (problem)
		urchin::Throw(env, "ERR_NATIVE_LOAD", problem);
	exports.Set("NativeWorker", urchin::NativeWorker::Define(env));
	exports.Set("encodeStunRequest", Napi::Function::New<urchin::EncodeStunRequest>(env, "encodeStunRequest"));
	exports.Set("decodeStun", Napi::Function::New<urchin::DecodeStun>(env, "decodeStun"));
	return exports;
}

NODE_API_MODULE(urchin, Init)
