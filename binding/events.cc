#include "events.h"

#include <string>

namespace urchin
{

namespace
{

const char *NameOf(urchin_event_type type)
{
	switch (type) {
	case URCHIN_EVENT_RESULT:
		return "result";
	case URCHIN_EVENT_STARTED:
		return "started";
	case URCHIN_EVENT_CANDIDATE:
		return "candidate";
	case URCHIN_EVENT_HOSTS_GATHERED:
		return "hosts-gathered";
	case URCHIN_EVENT_GATHERED:
		return "gathered";
	case URCHIN_EVENT_ICE_STATE:
		return "ice-state";
	case URCHIN_EVENT_SELECTED_PAIR:
		return "selected-pair";
	case URCHIN_EVENT_READY:
		return "ready";
	case URCHIN_EVENT_FAILED:
		return "failed";
	case URCHIN_EVENT_PEER_CLOSED:
		return "peer-closed";
	case URCHIN_EVENT_CLOSED:
		return "closed";
	case URCHIN_EVENT_STATS:
		return "stats";
	case URCHIN_EVENT_ICE_SERVER_ERROR:
		return "ice-server-error";
	case URCHIN_EVENT_NETWORK_CHANGED:
		return "network-changed";
	case URCHIN_EVENT_OVERLOAD:
		return "overload";
	case URCHIN_EVENT_RECEIVER_ACTIVE:
		return "receiver-active";
	case URCHIN_EVENT_LOG:
		return "log";
	}
	return "unknown";
}

template <size_t N> const char *Pick(const char *const (&names)[N], int32_t index)
{
	return index >= 0 && static_cast<size_t>(index) < N ? names[index] : "unknown";
}

const char *const kIceStates[] = {"new", "checking", "connected", "disconnected", "failed", "closed"};
const char *const kLogLevels[] = {"debug", "info", "warn", "error"};
const char *const kCandidateTypes[] = {"host", "srflx", "prflx", "relay"};
const char *const kProtocols[] = {"udp", "tcp", "tcp", "tcp"};
const char *const kTcpTypes[] = {"", "active", "passive", "so"};
const char *const kStatGroups[] = {"transport",       "receivers",        "senders",
				   "localCandidates", "remoteCandidates", "candidatePairs"};

Napi::Object ToJs(Napi::Env env, const urchin_candidate &candidate)
{
	Napi::Object out = Napi::Object::New(env);
	out.Set("foundation", candidate.foundation);
	out.Set("component", 1);
	out.Set("protocol", Pick(kProtocols, candidate.protocol));
	if (candidate.protocol != URCHIN_PROTOCOL_UDP)
		out.Set("tcpType", Pick(kTcpTypes, candidate.protocol));
	out.Set("priority", candidate.priority);
	out.Set("address", candidate.address);
	out.Set("port", static_cast<uint32_t>(candidate.port));
	out.Set("type", Pick(kCandidateTypes, candidate.type));
	if (candidate.related_address[0]) {
		out.Set("relatedAddress", candidate.related_address);
		out.Set("relatedPort", static_cast<uint32_t>(candidate.related_port));
	}
	return out;
}

Napi::Object ToJs(Napi::Env env, const urchin_stats *stats)
{
	Napi::Object out = Napi::Object::New(env);
	for (const char *group : kStatGroups)
		out.Set(group, Napi::Object::New(env));
	for (size_t i = 0; stats && i < stats->count; i++) {
		const urchin_stat &stat = stats->items[i];
		Napi::Object target = out.Get(Pick(kStatGroups, stat.group)).As<Napi::Object>();
		if (stat.group != URCHIN_STAT_TRANSPORT) {
			std::string id = std::to_string(stat.object_id);
			if (!target.Has(id))
				target.Set(id, Napi::Object::New(env));
			target = target.Get(id).As<Napi::Object>();
		}
		if (stat.text)
			target.Set(stat.name, stat.text);
		else
			target.Set(stat.name, stat.value);
	}
	return out;
}

Napi::Object ReasonOf(Napi::Env env, const urchin_event &event)
{
	Napi::Object reason = Napi::Object::New(env);
	reason.Set("code", urchin_reason_name(static_cast<urchin_reason>(event.code)));
	reason.Set("detail", event.text ? event.text : "");
	return reason;
}

} // namespace

Napi::Object ToJs(Napi::Env env, const urchin_event &event)
{
	Napi::Object out = Napi::Object::New(env);
	out.Set("type", NameOf(event.type));
	out.Set("connectionId", static_cast<double>(event.connection_id));
	switch (event.type) {
	case URCHIN_EVENT_RESULT:
		out.Set("requestId", static_cast<double>(event.object_id));
		out.Set("code", event.code < 0 ? Napi::String::New(env, urchin_err_name(event.code)) : env.Null());
		break;
	case URCHIN_EVENT_STATS:
		out.Set("requestId", static_cast<double>(event.object_id));
		out.Set("stats", ToJs(env, event.stats));
		break;
	case URCHIN_EVENT_STARTED:
	case URCHIN_EVENT_HOSTS_GATHERED:
	case URCHIN_EVENT_GATHERED:
		out.Set("generation", event.generation);
		break;
	case URCHIN_EVENT_CANDIDATE:
		out.Set("generation", event.generation);
		if (event.pair)
			out.Set("candidate", ToJs(env, event.pair->local));
		break;
	case URCHIN_EVENT_SELECTED_PAIR:
		if (event.pair) {
			out.Set("local", ToJs(env, event.pair->local));
			out.Set("remote", ToJs(env, event.pair->remote));
		}
		break;
	case URCHIN_EVENT_ICE_STATE:
		out.Set("state", Pick(kIceStates, event.code));
		break;
	case URCHIN_EVENT_FAILED:
		out.Set("reason", ReasonOf(env, event));
		break;
	case URCHIN_EVENT_ICE_SERVER_ERROR: {
		std::string text = event.text ? event.text : "";
		size_t space = text.find(' ');
		out.Set("url", text.substr(0, space));
		out.Set("errorCode", event.code);
		out.Set("errorText", space == std::string::npos ? "" : text.substr(space + 1));
		break;
	}
	case URCHIN_EVENT_OVERLOAD:
		out.Set("level", event.code);
		out.Set("shed", static_cast<double>(event.object_id));
		break;
	case URCHIN_EVENT_RECEIVER_ACTIVE:
		out.Set("receiverId", static_cast<double>(event.object_id));
		break;
	case URCHIN_EVENT_LOG:
		out.Set("level", Pick(kLogLevels, event.code));
		out.Set("text", event.text ? event.text : "");
		break;
	case URCHIN_EVENT_NETWORK_CHANGED:
	case URCHIN_EVENT_READY:
	case URCHIN_EVENT_PEER_CLOSED:
	case URCHIN_EVENT_CLOSED:
		break;
	}
	return out;
}

} // namespace urchin
