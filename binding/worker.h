// NativeWorker: one urchin_worker as a JS object; its methods are the commands of urchin.h.
#ifndef URCHIN_BINDING_WORKER_H
#define URCHIN_BINDING_WORKER_H

#include <napi.h>

extern "C" {
#include "urchin.h"
}

namespace urchin
{

class NativeWorker : public Napi::ObjectWrap<NativeWorker>
{
      public:
	static Napi::Function Define(Napi::Env env);

	// new NativeWorker(onEvents, logLevel): onEvents(events) gets a list each time. Throws ERR_… when no worker can
	// be had.
	explicit NativeWorker(const Napi::CallbackInfo &info);
	~NativeWorker() override;

      private:
	static void OnEvents(void *owner);          // worker thread
	static void OnEnvironmentGone(void *owner); // JS thread
	void Deliver(Napi::Env env, Napi::Function on_events);
	void Stop();
	Napi::Value Check(Napi::Env env, int err);

	Napi::Value Close(const Napi::CallbackInfo &info);
	Napi::Value Ref(const Napi::CallbackInfo &info);
	Napi::Value Unref(const Napi::CallbackInfo &info);
	Napi::Value Fingerprint(const Napi::CallbackInfo &info);
	Napi::Value SetLogLevel(const Napi::CallbackInfo &info);
	Napi::Value OpenConnection(const Napi::CallbackInfo &info);
	Napi::Value Gather(const Napi::CallbackInfo &info);
	Napi::Value SetRemote(const Napi::CallbackInfo &info);
	Napi::Value AddCandidate(const Napi::CallbackInfo &info);
	Napi::Value EndCandidates(const Napi::CallbackInfo &info);
	Napi::Value RestartIce(const Napi::CallbackInfo &info);
	Napi::Value CloseConnection(const Napi::CallbackInfo &info);
	Napi::Value GetStats(const Napi::CallbackInfo &info);
	Napi::Value AddReceiver(const Napi::CallbackInfo &info);
	Napi::Value UpdateReceiver(const Napi::CallbackInfo &info);
	Napi::Value RemoveReceiver(const Napi::CallbackInfo &info);
	Napi::Value PauseReceiver(const Napi::CallbackInfo &info);
	Napi::Value RequestKeyframe(const Napi::CallbackInfo &info);
	Napi::Value AddSender(const Napi::CallbackInfo &info);
	Napi::Value UpdateSender(const Napi::CallbackInfo &info);
	Napi::Value RemoveSender(const Napi::CallbackInfo &info);
	Napi::Value SetSenderSource(const Napi::CallbackInfo &info);
	Napi::Value PauseSender(const Napi::CallbackInfo &info);

	urchin_worker *worker_ = nullptr;
	napi_env env_;
	Napi::ThreadSafeFunction wake_;
};

} // namespace urchin

#endif
