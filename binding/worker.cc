#include "worker.h"

#include <cstdlib>
#include <mutex>
#include <set>

#include "convert.h"
#include "events.h"

namespace urchin
{

namespace
{

constexpr size_t kEventsPerBatch = 256;
// Batches for one wake-up: a flood of events must leave the event loop room for its other work.
constexpr size_t kBatchesPerWake = 16;

// A batch of events that is cleared however the turn ends.
struct Batch {
	urchin_event events[kEventsPerBatch];
	size_t count = 0;

	~Batch()
	{
		for (size_t i = 0; i < count; i++)
			urchin_event_clear(&events[i]);
	}
};

// The workers of this process that run, for its exit() alone: no environment is asked then, libraries are taken apart
// while threads still use them. lib/worker.js closes its worker before, unless another exit listener throws.
class Running
{
      public:
	static Running &Get()
	{
		static Running *running = new Running();
		return *running;
	}
	void Add(urchin_worker *worker)
	{
		std::lock_guard<std::mutex> lock(mutex_);
		workers_.insert(worker);
		// Not earlier: exit() goes backwards, and OpenSSL registered its own end when the worker was made.
		if (!is_registered_)
			is_registered_ = std::atexit(FreeAll) == 0;
	}
	void Remove(urchin_worker *worker)
	{
		std::lock_guard<std::mutex> lock(mutex_);
		workers_.erase(worker);
	}

      private:
	static void FreeAll()
	{
		std::set<urchin_worker *> workers;
		{
			std::lock_guard<std::mutex> lock(Get().mutex_);
			workers.swap(Get().workers_);
		}
		for (urchin_worker *worker : workers)
			urchin_worker_free(worker);
	}

	std::mutex mutex_;
	std::set<urchin_worker *> workers_;
	bool is_registered_ = false;
};

// Calls on_events(batch). False when no JS may run any more: the environment is being terminated.
bool Call(Napi::Env env, Napi::Function on_events, Napi::Value batch)
{
	// Not Function::Call: it turns the end of the environment into a C++ exception that it can not build.
	napi_value argument = batch;
	napi_value result;
	napi_status status = napi_call_function(env, env.Undefined(), on_events, 1, &argument, &result);
	if (status == napi_ok)
		return true;
	bool is_pending = false;
	napi_value exception = nullptr;
	if (napi_is_exception_pending(env, &is_pending) != napi_ok || !is_pending)
		return false;
	if (napi_get_and_clear_last_exception(env, &exception) != napi_ok)
		return false;
	// Termination shows as an exception which is null.
	napi_valuetype type = napi_null;
	if (napi_typeof(env, exception, &type) != napi_ok || type == napi_null)
		return false;
	return napi_fatal_exception(env, exception) == napi_ok;
}

} // namespace

Napi::Function NativeWorker::Define(Napi::Env env)
{
	return DefineClass(env, "NativeWorker",
			   {
			       InstanceMethod<&NativeWorker::Close>("close"),
			       InstanceMethod<&NativeWorker::Ref>("ref"),
			       InstanceMethod<&NativeWorker::Unref>("unref"),
			       InstanceMethod<&NativeWorker::Fingerprint>("fingerprint"),
			       InstanceMethod<&NativeWorker::Number>("number"),
			       InstanceMethod<&NativeWorker::SetLogLevel>("setLogLevel"),
			       InstanceMethod<&NativeWorker::Hold>("hold"),
			       InstanceMethod<&NativeWorker::Submit>("submit"),
			       InstanceMethod<&NativeWorker::OpenConnection>("openConnection"),
			       InstanceMethod<&NativeWorker::Gather>("gather"),
			       InstanceMethod<&NativeWorker::SetRemote>("setRemote"),
			       InstanceMethod<&NativeWorker::AddCandidate>("addCandidate"),
			       InstanceMethod<&NativeWorker::EndCandidates>("endCandidates"),
			       InstanceMethod<&NativeWorker::RestartIce>("restartIce"),
			       InstanceMethod<&NativeWorker::SetAddresses>("setAddresses"),
			       InstanceMethod<&NativeWorker::CloseConnection>("closeConnection"),
			       InstanceMethod<&NativeWorker::GetStats>("getStats"),
			       InstanceMethod<&NativeWorker::AddReceiver>("addReceiver"),
			       InstanceMethod<&NativeWorker::UpdateReceiver>("updateReceiver"),
			       InstanceMethod<&NativeWorker::RemoveReceiver>("removeReceiver"),
			       InstanceMethod<&NativeWorker::PauseReceiver>("pauseReceiver"),
			       InstanceMethod<&NativeWorker::RequestKeyframe>("requestKeyframe"),
			       InstanceMethod<&NativeWorker::ExportReceiver>("exportReceiver"),
			       InstanceMethod<&NativeWorker::AddImport>("addImport"),
			       InstanceMethod<&NativeWorker::UpdateImport>("updateImport"),
			       InstanceMethod<&NativeWorker::RemoveImport>("removeImport"),
			       InstanceMethod<&NativeWorker::AddSender>("addSender"),
			       InstanceMethod<&NativeWorker::UpdateSender>("updateSender"),
			       InstanceMethod<&NativeWorker::RemoveSender>("removeSender"),
			       InstanceMethod<&NativeWorker::SetSenderSource>("setSenderSource"),
			       InstanceMethod<&NativeWorker::PauseSender>("pauseSender"),
			   });
}

const urchin_worker *NativeWorker::ToLike(const Napi::CallbackInfo &info)
{
	if (info[2].IsUndefined())
		return nullptr;
	if (!info[2].IsObject() || !info.NewTarget().IsFunction() ||
	    !info[2].As<Napi::Object>().InstanceOf(info.NewTarget().As<Napi::Function>()))
		Throw(info.Env(), "ERR_INVALID_ARGUMENT", "like must be a NativeWorker");
	const NativeWorker *like = Unwrap(info[2].As<Napi::Object>());
	if (!like->worker_)
		Throw(info.Env(), "ERR_CLOSED", "the worker is closed");
	return like->worker_;
}

NativeWorker::NativeWorker(const Napi::CallbackInfo &info) : Napi::ObjectWrap<NativeWorker>(info), env_(info.Env())
{
	if (!info[0].IsFunction())
		Throw(info.Env(), "ERR_INVALID_ARGUMENT", "onEvents must be a function");
	urchin_worker_config config{};
	config.on_events = OnEvents;
	config.owner = this;
	config.log_level = ToLogLevel(info[1], "logLevel");
	config.like = ToLike(info);
	Mailbox *mailbox = new Mailbox{this};
	wake_ = Wake::New(env_, info[0].As<Napi::Function>(), "urchin", 0, 1, mailbox,
			  [](Napi::Env, void *, Mailbox *done) { delete done; });
	wake_.Unref(env_);
	int err = 0;
	worker_ = urchin_worker_new(&config, &err);
	if (!worker_) {
		mailbox->owner = nullptr;
		wake_.Release();
		Throw(info.Env(), urchin_err_name(err), "the worker thread could not be started");
	}
	Running::Get().Add(worker_);
	mailbox_ = mailbox;
	// Hooks run in reverse order: this one before that of the thread-safe function, which the worker still calls.
	napi_add_env_cleanup_hook(env_, OnEnvironmentGone, this);
}

NativeWorker::~NativeWorker()
{
	Stop();
}

void NativeWorker::OnEvents(void *owner)
{
	static_cast<NativeWorker *>(owner)->wake_.NonBlockingCall();
}

void NativeWorker::OnEnvironmentGone(void *owner)
{
	NativeWorker *self = static_cast<NativeWorker *>(owner);
	Running::Get().Remove(self->worker_);
	urchin_worker_free(self->worker_);
	self->worker_ = nullptr;
	self->mailbox_->owner = nullptr;
}

void NativeWorker::Stop()
{
	if (!worker_)
		return;
	napi_remove_env_cleanup_hook(env_, OnEnvironmentGone, this);
	Running::Get().Remove(worker_);
	urchin_worker_free(worker_);
	worker_ = nullptr;
	mailbox_->owner = nullptr;
	wake_.Release();
}

// Called with no environment when wake-ups are left over after its end, and with one in which no JS may run any more
// when they are left over before.
void NativeWorker::Deliver(Napi::Env env, Napi::Function on_events, Mailbox *mailbox, void *)
{
	if (!static_cast<napi_env>(env) || !mailbox->owner)
		return;
	try {
		mailbox->owner->TakeEvents(env, on_events);
	} catch (const Napi::Error &) {
		// No object can be made: nobody is left to be told, and rethrowing into that environment would abort
		// the process.
	}
}

void NativeWorker::TakeEvents(Napi::Env env, Napi::Function on_events)
{
	for (size_t round = 0; round < kBatchesPerWake; round++) {
		// A listener may have closed the worker.
		if (!worker_)
			return;
		Batch batch;
		batch.count = urchin_worker_take_events(worker_, batch.events, kEventsPerBatch);
		if (batch.count == 0)
			return;
		Napi::HandleScope scope(env);
		Napi::Array list = Napi::Array::New(env, batch.count);
		for (size_t i = 0; i < batch.count; i++)
			list.Set(static_cast<uint32_t>(i), ToJs(env, batch.events[i]));
		if (!Call(env, on_events, list))
			return;
	}
	// The worker wakes us only when its queue was empty.
	wake_.NonBlockingCall();
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

// Queues command(worker, request_id); a refusal becomes an exception. The arguments must have been converted before:
// reading them can run JS, which can close the worker.
template <typename Command> Napi::Value NativeWorker::Run(const Napi::CallbackInfo &info, Command command)
{
	uint64_t request_id = ToRequestId(info);
	if (!worker_)
		Throw(info.Env(), "ERR_CLOSED", "the worker is closed");
	int err = command(worker_, request_id);
	if (err < 0)
		Throw(info.Env(), urchin_err_name(err), "the worker refused the command");
	return info.Env().Undefined();
}

Napi::Value NativeWorker::Fingerprint(const Napi::CallbackInfo &info)
{
	if (!worker_)
		Throw(info.Env(), "ERR_CLOSED", "the worker is closed");
	return Napi::String::New(info.Env(), urchin_worker_fingerprint(worker_));
}

Napi::Value NativeWorker::Number(const Napi::CallbackInfo &info)
{
	if (!worker_)
		Throw(info.Env(), "ERR_CLOSED", "the worker is closed");
	return Napi::Number::New(info.Env(), urchin_worker_number(worker_));
}

Napi::Value NativeWorker::SetLogLevel(const Napi::CallbackInfo &info)
{
	urchin_log_level level = ToLogLevel(info[0], "logLevel");
	if (!worker_)
		Throw(info.Env(), "ERR_CLOSED", "the worker is closed");
	urchin_worker_set_log_level(worker_, level);
	return info.Env().Undefined();
}

Napi::Value NativeWorker::Hold(const Napi::CallbackInfo &info)
{
	if (worker_)
		urchin_worker_hold(worker_);
	return info.Env().Undefined();
}

Napi::Value NativeWorker::Submit(const Napi::CallbackInfo &info)
{
	if (worker_)
		urchin_worker_submit(worker_);
	return info.Env().Undefined();
}

Napi::Value NativeWorker::OpenConnection(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	ConnectionConfig config(info[2]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_open_connection(worker, request_id, connection_id, config.get());
	});
}

Napi::Value NativeWorker::Gather(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	Credentials ours = ToCredentials(info[2]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_gather(worker, request_id, connection_id, ours.ufrag.c_str(), ours.pwd.c_str(),
				     ours.controlling);
	});
}

Napi::Value NativeWorker::SetRemote(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	Remote remote(info[2]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_set_remote(worker, request_id, connection_id, remote.get());
	});
}

Napi::Value NativeWorker::AddCandidate(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	urchin_candidate candidate = ToCandidate(info[2]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_add_candidate(worker, request_id, connection_id, &candidate);
	});
}

Napi::Value NativeWorker::EndCandidates(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_end_candidates(worker, request_id, connection_id);
	});
}

Napi::Value NativeWorker::RestartIce(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	Credentials ours = ToCredentials(info[2]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_restart_ice(worker, request_id, connection_id, ours.ufrag.c_str(), ours.pwd.c_str());
	});
}

Napi::Value NativeWorker::SetAddresses(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	Addresses addresses(info[2], "addresses");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_set_addresses(worker, request_id, connection_id, addresses.list().data(),
					    addresses.list().size());
	});
}

Napi::Value NativeWorker::CloseConnection(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_close_connection(worker, request_id, connection_id);
	});
}

Napi::Value NativeWorker::GetStats(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToIdOrZero(info, 1, "connectionId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_get_stats(worker, request_id, connection_id);
	});
}

Napi::Value NativeWorker::AddReceiver(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	uint64_t receiver_id = ToId(info, 2, "receiverId");
	urchin_receiver_config config = ToReceiverConfig(info[3]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_add_receiver(worker, request_id, connection_id, receiver_id, &config);
	});
}

Napi::Value NativeWorker::UpdateReceiver(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	uint64_t receiver_id = ToId(info, 2, "receiverId");
	urchin_receiver_config config = ToReceiverConfig(info[3]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_update_receiver(worker, request_id, connection_id, receiver_id, &config);
	});
}

Napi::Value NativeWorker::RemoveReceiver(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	uint64_t receiver_id = ToId(info, 2, "receiverId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_remove_receiver(worker, request_id, connection_id, receiver_id);
	});
}

Napi::Value NativeWorker::PauseReceiver(const Napi::CallbackInfo &info)
{
	uint64_t receiver_id = ToId(info, 1, "receiverId");
	bool paused = ToFlag(info, 2, "paused");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_pause_receiver(worker, request_id, receiver_id, paused);
	});
}

Napi::Value NativeWorker::RequestKeyframe(const Napi::CallbackInfo &info)
{
	uint64_t receiver_id = ToId(info, 1, "receiverId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_request_keyframe(worker, request_id, receiver_id);
	});
}

Napi::Value NativeWorker::ExportReceiver(const Napi::CallbackInfo &info)
{
	uint64_t receiver_id = ToId(info, 1, "receiverId");
	unsigned to_worker = ToWorkerNumber(info, 2);
	bool is_wanted = ToFlag(info, 3, "isWanted");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_export_receiver(worker, request_id, receiver_id, to_worker, is_wanted);
	});
}

Napi::Value NativeWorker::AddImport(const Napi::CallbackInfo &info)
{
	uint64_t receiver_id = ToId(info, 1, "receiverId");
	unsigned from_worker = ToWorkerNumber(info, 2);
	urchin_receiver_config config = ToReceiverConfig(info[3]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_add_import(worker, request_id, receiver_id, from_worker, &config);
	});
}

Napi::Value NativeWorker::UpdateImport(const Napi::CallbackInfo &info)
{
	uint64_t receiver_id = ToId(info, 1, "receiverId");
	urchin_receiver_config config = ToReceiverConfig(info[2]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_update_import(worker, request_id, receiver_id, &config);
	});
}

Napi::Value NativeWorker::RemoveImport(const Napi::CallbackInfo &info)
{
	uint64_t receiver_id = ToId(info, 1, "receiverId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_remove_import(worker, request_id, receiver_id);
	});
}

Napi::Value NativeWorker::AddSender(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	uint64_t sender_id = ToId(info, 2, "senderId");
	urchin_sender_config config = ToSenderConfig(info[3]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_add_sender(worker, request_id, connection_id, sender_id, &config);
	});
}

Napi::Value NativeWorker::UpdateSender(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	uint64_t sender_id = ToId(info, 2, "senderId");
	urchin_sender_config config = ToSenderConfig(info[3]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_update_sender(worker, request_id, connection_id, sender_id, &config);
	});
}

Napi::Value NativeWorker::RemoveSender(const Napi::CallbackInfo &info)
{
	uint64_t connection_id = ToId(info, 1, "connectionId");
	uint64_t sender_id = ToId(info, 2, "senderId");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_remove_sender(worker, request_id, connection_id, sender_id);
	});
}

Napi::Value NativeWorker::SetSenderSource(const Napi::CallbackInfo &info)
{
	uint64_t sender_id = ToId(info, 1, "senderId");
	uint64_t receiver_id = ToIdOrZero(info, 2, "receiverId");
	std::vector<urchin_payload_map> map = ToPayloadMap(info[3]);
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_set_sender_source(worker, request_id, sender_id, receiver_id, map.data(), map.size());
	});
}

Napi::Value NativeWorker::PauseSender(const Napi::CallbackInfo &info)
{
	uint64_t sender_id = ToId(info, 1, "senderId");
	bool paused = ToFlag(info, 2, "paused");
	return Run(info, [&](urchin_worker *worker, uint64_t request_id) {
		return urchin_pause_sender(worker, request_id, sender_id, paused);
	});
}

} // namespace urchin
