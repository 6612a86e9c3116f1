/* One value at a time. */
#include "transport/stats_writer.h"

void urchin_stats_put(struct urchin_stats_writer *writer, const char *name, double value)
{
	if (!writer->err)
		writer->err = urchin_stats_add(writer->stats, writer->group, writer->id, name, value, NULL);
}

void urchin_stats_put_name(struct urchin_stats_writer *writer, const char *name, const char *text)
{
	if (!writer->err)
		writer->err = urchin_stats_add(writer->stats, writer->group, writer->id, name, 0, text);
}

void urchin_stats_put_text(struct urchin_stats_writer *writer, const char *name, const char *text)
{
	if (!writer->err && text[0])
		writer->err = urchin_stats_add_text(writer->stats, writer->group, writer->id, name, text);
}

void urchin_stats_put_candidate(struct urchin_stats_writer *writer, const struct urchin_candidate *candidate)
{
	static const char *const types[] = {"host", "srflx", "prflx", "relay"};
	static const char *const tcp_types[] = {NULL, "active", "passive", "so"};

	urchin_stats_put_name(writer, "candidateType", types[candidate->type]);
	urchin_stats_put_name(writer, "protocol", candidate->protocol == URCHIN_PROTOCOL_UDP ? "udp" : "tcp");
	if (candidate->protocol != URCHIN_PROTOCOL_UDP)
		urchin_stats_put_name(writer, "tcpType", tcp_types[candidate->protocol]);
	urchin_stats_put_text(writer, "address", candidate->address);
	urchin_stats_put(writer, "port", candidate->port);
	urchin_stats_put(writer, "priority", candidate->priority);
	urchin_stats_put_text(writer, "foundation", candidate->foundation);
	urchin_stats_put_text(writer, "relatedAddress", candidate->related_address);
	if (candidate->related_address[0])
		urchin_stats_put(writer, "relatedPort", candidate->related_port);
}
