#include "worker.h"

#include "convert.h"
#include "events.h"

namespace urchin
{

namespace
{
constexpr size_t kEventsPerBatch = 256;
}

Napi::Function NativeWorker::Define(Napi::Env env)
{
	return DefineClass(env, "NativeWorker",
			   {
			       InstanceMethod<&NativeWorker::Close>("close"),
			       InstanceMethod<&NativeWorker::Ref>("ref"),
			       InstanceMethod<&NativeWorker::Unref>("unref"),
			       InstanceMethod<&NativeWorker::Fingerprint>("fingerprint"),
			       InstanceMethod<&NativeWorker::SetLogLevel>("setLogLevel"),
			       InstanceMethod<&NativeWorker::OpenConnection>("openConnection"),
			       InstanceMethod<&NativeWorker::Gather>("gather"),
			       InstanceMethod<&NativeWorker::SetRemote>("setRemote"),
			       InstanceMethod<&NativeWorker::AddCandidate>("addCandidate"),
			       InstanceMethod<&NativeWorker::EndCandidates>("endCandidates"),
			       InstanceMethod<&NativeWorker::RestartIce>("restartIce"),
			       InstanceMethod<&NativeWorker::CloseConnection>("closeConnection"),
			       InstanceMethod<&NativeWorker::GetStats>("getStats"),
			       InstanceMethod<&NativeWorker::AddReceiver>("addReceiver"),
			       InstanceMethod<&NativeWorker::UpdateReceiver>("updateReceiver"),
			       InstanceMethod<&NativeWorker::RemoveReceiver>("removeReceiver"),
			       InstanceMethod<&NativeWorker::PauseReceiver>("pauseReceiver"),
			       InstanceMethod<&NativeWorker::RequestKeyframe>("requestKeyframe"),
			       InstanceMethod<&NativeWorker::AddSender>("addSender"),
			       InstanceMethod<&NativeWorker::UpdateSender>("updateSender"),
			       InstanceMethod<&NativeWorker::RemoveSender>("removeSender"),
			       InstanceMethod<&NativeWorker::SetSenderSource>("setSenderSource"),
			       InstanceMethod<&NativeWorker::PauseSender>("pauseSender"),
			   });
}

NativeWorker::NativeWorker(const Napi::CallbackInfo &info) : Napi::ObjectWrap<NativeWorker>(info), env_(info.Env())
{
	if (!info[0].IsFunction())
		Throw(info.Env(), "ERR_INVALID_ARGUMENT", "onEvents must be a function");
	urchin_worker_config config{};
	config.on_events = OnEvents;
	config.owner = this;
	config.log_level = ToLogLevel(info[1]);
	wake_ = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "urchin", 0, 1);
	int err = 0;
	worker_ = urchin_worker_new(&config, &err);
	if (!worker_) {
		wake_.Release();
		Throw(info.Env(), urchin_err_name(err), "the worker thread could not be started");
	}
	// Hooks run in reverse order: this one before that of the thread-safe function, which the worker still calls.
	napi_add_env_cleanup_hook(env_, OnEnvironmentGone, this);
	wake_.Unref(info.Env());
}

NativeWorker::~NativeWorker()
{
	Stop();
}

void NativeWorker::OnEvents(void *owner)
{
	NativeWorker *self = static_cast<NativeWorker *>(owner);
	self->wake_.NonBlockingCall(self, [](Napi::Env env, Napi::Function on_events, NativeWorker *worker) {
		worker->Deliver(env, on_events);
	});
}

void NativeWorker::OnEnvironmentGone(void *owner)
{
	NativeWorker *self = static_cast<NativeWorker *>(owner);
	urchin_worker_free(self->worker_);
	self->worker_ = nullptr;
}

void NativeWorker::Stop()
{
	if (!worker_)
		return;
	napi_remove_env_cleanup_hook(env_, OnEnvironmentGone, this);
	urchin_worker_free(worker_);
	worker_ = nullptr;
	wake_.Release();
}

void NativeWorker::Deliver(Napi::Env env, Napi::Function on_events)
{
	urchin_event events[kEventsPerBatch];
	size_t count;
	// A listener may have closed the worker.
	while (worker_ && (count = urchin_worker_take_events(worker_, events, kEventsPerBatch)) > 0) {
		Napi::HandleScope scope(env);
		Napi::Array batch = Napi::Array::New(env, count);
		for (size_t i = 0; i < count; i++) {
			batch.Set(static_cast<uint32_t>(i), ToJs(env, events[i]));
			urchin_event_clear(&events[i]);
		}
		on_events.Call({batch});
	}
}

// Turns a refused command into an exception.
Napi::Value NativeWorker::Check(Napi::Env env, int err)
{
	if (err < 0)
		Throw(env, urchin_err_name(err), "the worker refused the command");
	return env.Undefined();
}

Napi::Value NativeWorker::Close(const Napi::CallbackInfo &info)
{
	Stop();
	return info.Env().Undefined();
}

Napi::Value NativeWorker::Ref(const Napi::CallbackInfo &info)
{
	if (worker_)
		wake_.Ref(info.Env());
	return info.Env().Undefined();
}

Napi::Value NativeWorker::Unref(const Napi::CallbackInfo &info)
{
	if (worker_)
		wake_.Unref(info.Env());
	return info.Env().Undefined();
}

// Every command below is refused once the worker has been closed.
#define URCHIN_REQUIRE_WORKER(info)                                                                                    \
	if (!worker_)                                                                                                  \
	Throw((info).Env(), "ERR_CLOSED", "the worker is closed")

Napi::Value NativeWorker::Fingerprint(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Napi::String::New(info.Env(), urchin_worker_fingerprint(worker_));
}

Napi::Value NativeWorker::SetLogLevel(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	urchin_worker_set_log_level(worker_, ToLogLevel(info[0]));
	return info.Env().Undefined();
}

Napi::Value NativeWorker::OpenConnection(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	ConnectionConfig config(info[2]);
	return Check(info.Env(),
		     urchin_open_connection(worker_, ToRequestId(info), ToId(info, 1, "connectionId"), config.get()));
}

Napi::Value NativeWorker::Gather(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	Credentials ours = ToCredentials(info[2]);
	return Check(info.Env(), urchin_gather(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
					       ours.ufrag.c_str(), ours.pwd.c_str(), ours.controlling));
}

Napi::Value NativeWorker::SetRemote(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	Remote remote(info[2]);
	return Check(info.Env(),
		     urchin_set_remote(worker_, ToRequestId(info), ToId(info, 1, "connectionId"), remote.get()));
}

Napi::Value NativeWorker::AddCandidate(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	urchin_candidate candidate = ToCandidate(info[2]);
	return Check(info.Env(),
		     urchin_add_candidate(worker_, ToRequestId(info), ToId(info, 1, "connectionId"), &candidate));
}

Napi::Value NativeWorker::EndCandidates(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_end_candidates(worker_, ToRequestId(info), ToId(info, 1, "connectionId")));
}

Napi::Value NativeWorker::RestartIce(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	Credentials ours = ToCredentials(info[2]);
	return Check(info.Env(), urchin_restart_ice(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
						    ours.ufrag.c_str(), ours.pwd.c_str()));
}

Napi::Value NativeWorker::CloseConnection(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_close_connection(worker_, ToRequestId(info), ToId(info, 1, "connectionId")));
}

Napi::Value NativeWorker::GetStats(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_get_stats(worker_, ToRequestId(info), ToId(info, 1, "connectionId")));
}

Napi::Value NativeWorker::AddReceiver(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	urchin_receiver_config config = ToReceiverConfig(info[3]);
	return Check(info.Env(), urchin_add_receiver(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
						     ToId(info, 2, "receiverId"), &config));
}

Napi::Value NativeWorker::UpdateReceiver(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	urchin_receiver_config config = ToReceiverConfig(info[3]);
	return Check(info.Env(), urchin_update_receiver(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
							ToId(info, 2, "receiverId"), &config));
}

Napi::Value NativeWorker::RemoveReceiver(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_remove_receiver(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
							ToId(info, 2, "receiverId")));
}

Napi::Value NativeWorker::PauseReceiver(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_pause_receiver(worker_, ToRequestId(info), ToId(info, 1, "receiverId"),
						       ToFlag(info, 2, "paused")));
}

Napi::Value NativeWorker::RequestKeyframe(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_request_keyframe(worker_, ToRequestId(info), ToId(info, 1, "receiverId")));
}

Napi::Value NativeWorker::AddSender(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	urchin_sender_config config = ToSenderConfig(info[3]);
	return Check(info.Env(), urchin_add_sender(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
						   ToId(info, 2, "senderId"), &config));
}

Napi::Value NativeWorker::UpdateSender(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	urchin_sender_config config = ToSenderConfig(info[3]);
	return Check(info.Env(), urchin_update_sender(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
						      ToId(info, 2, "senderId"), &config));
}

Napi::Value NativeWorker::RemoveSender(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_remove_sender(worker_, ToRequestId(info), ToId(info, 1, "connectionId"),
						      ToId(info, 2, "senderId")));
}

Napi::Value NativeWorker::SetSenderSource(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	std::vector<urchin_payload_map> map = ToPayloadMap(info[3]);
	// 0 stands for no source, so this one id may be 0.
	uint64_t receiver_id =
	    info[2].IsNumber() && info[2].As<Napi::Number>().DoubleValue() == 0 ? 0 : ToId(info, 2, "receiverId");
	return Check(info.Env(), urchin_set_sender_source(worker_, ToRequestId(info), ToId(info, 1, "senderId"),
							  receiver_id, map.data(), map.size()));
}

Napi::Value NativeWorker::PauseSender(const Napi::CallbackInfo &info)
{
	URCHIN_REQUIRE_WORKER(info);
	return Check(info.Env(), urchin_pause_sender(worker_, ToRequestId(info), ToId(info, 1, "senderId"),
						     ToFlag(info, 2, "paused")));
}

} // namespace urchin
