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

	// new NativeWorker(onEvents, logLevel, like): onEvents(events) gets a list each time; what it throws reaches
	// uncaughtException. like: an open NativeWorker whose certificate this one has too, or undefined. Throws
	// ERR_INVALID_ARGUMENT, or why no worker can be had.
	explicit NativeWorker(const Napi::CallbackInfo &info);
	~NativeWorker() override;

      private:
	// Outlives the worker object: wake-ups may still be queued when that is collected.
	struct Mailbox {
		NativeWorker *owner;
	};
	static void Deliver(Napi::Env env, Napi::Function on_events, Mailbox *mailbox, void *data);
	using Wake = Napi::TypedThreadSafeFunction<Mailbox, void, Deliver>;

	static void OnEvents(void *owner);          // worker thread
	static void OnEnvironmentGone(void *owner); // JS thread
	void TakeEvents(Napi::Env env, Napi::Function on_events);
	void Stop();
	static const urchin_worker *ToLike(const Napi::CallbackInfo &info);
	template <typename Command> Napi::Value Run(const Napi::CallbackInfo &info, Command command);

	Napi::Value Close(const Napi::CallbackInfo &info);
	Napi::Value Ref(const Napi::CallbackInfo &info);
	Napi::Value Unref(const Napi::CallbackInfo &info);
	Napi::Value Fingerprint(const Napi::CallbackInfo &info);
	Napi::Value Number(const Napi::CallbackInfo &info);
	Napi::Value SetLogLevel(const Napi::CallbackInfo &info);
	Napi::Value Hold(const Napi::CallbackInfo &info);
	Napi::Value Submit(const Napi::CallbackInfo &info);
	Napi::Value OpenConnection(const Napi::CallbackInfo &info);
	Napi::Value Gather(const Napi::CallbackInfo &info);
	Napi::Value SetRemote(const Napi::CallbackInfo &info);
	Napi::Value AddCandidate(const Napi::CallbackInfo &info);
	Napi::Value EndCandidates(const Napi::CallbackInfo &info);
	Napi::Value RestartIce(const Napi::CallbackInfo &info);
	Napi::Value SetAddresses(const Napi::CallbackInfo &info);
	Napi::Value CloseConnection(const Napi::CallbackInfo &info);
	Napi::Value GetStats(const Napi::CallbackInfo &info);
	Napi::Value AddReceiver(const Napi::CallbackInfo &info);
	Napi::Value UpdateReceiver(const Napi::CallbackInfo &info);
	Napi::Value RemoveReceiver(const Napi::CallbackInfo &info);
	Napi::Value PauseReceiver(const Napi::CallbackInfo &info);
	Napi::Value RequestKeyframe(const Napi::CallbackInfo &info);
	Napi::Value ExportReceiver(const Napi::CallbackInfo &info);
	Napi::Value AddImport(const Napi::CallbackInfo &info);
	Napi::Value UpdateImport(const Napi::CallbackInfo &info);
	Napi::Value RemoveImport(const Napi::CallbackInfo &info);
	Napi::Value AddSender(const Napi::CallbackInfo &info);
	Napi::Value UpdateSender(const Napi::CallbackInfo &info);
	Napi::Value RemoveSender(const Napi::CallbackInfo &info);
	Napi::Value SetSenderSource(const Napi::CallbackInfo &info);
	Napi::Value PauseSender(const Napi::CallbackInfo &info);

	napi_env env_;
	urchin_worker *worker_ = nullptr; // NULL once closed
	Mailbox *mailbox_ = nullptr;      // owned by wake_
	Wake wake_;
};

} // namespace urchin

#endif
