/*
 * Tells to which receiver an RTP packet belongs (RFC 9143 9.2): by its SSRC, else by mid and rid,
 * else by a payload type that only one receiver has; and lets receivers move to new SSRCs.
 */
#include <string.h>

#include "base/err.h"
#include "session/connection_internal.h"
#include "wire/rtp_ext.h"

/* A stream that was silent for so long may go on with an SSRC that is weaker evidence or was used before. */
#define SILENT_US 500000

enum match { MATCH_NONE, MATCH_PAYLOAD_TYPE, MATCH_MID };

static bool ext_equals(const struct urchin_rtp_ext *element, const char *text)
{
	return element->len == strlen(text) && memcmp(element->data, text, element->len) == 0;
}

static bool find_ext(const struct urchin_packet *packet, const struct urchin_format *format, enum urchin_ext ext,
		     struct urchin_rtp_ext *element)
{
	return format->ext_ids[ext] && urchin_rtp_ext_find(&packet->rtp, format->ext_ids[ext], element);
}

/* Whether this receiver's own ids find its mid, and its rid when it has one, in the packet. */
static bool has_mid(const struct urchin_packet *packet, const struct urchin_receiver *receiver, bool *has_other_mid)
{
	struct urchin_rtp_ext element;
	if (!find_ext(packet, &receiver->format, URCHIN_EXT_MID, &element))
		return false;
	if (!ext_equals(&element, receiver->format.mid)) {
		*has_other_mid = true;
		return false;
	}
	if (receiver->rid[0] == 0)
		return true;
	return find_ext(packet, &receiver->format, URCHIN_EXT_RID, &element) && ext_equals(&element, receiver->rid);
}

static enum match match_stream(struct urchin_connection *connection, const struct urchin_packet *packet,
			       struct urchin_stream_in **found)
{
	struct urchin_stream_in *by_payload_type = NULL;
	size_t payload_type_count = 0;
	bool has_other_mid = false;

	for (size_t i = 0; i < connection->in_count; i++) {
		struct urchin_stream_in *stream = connection->ins[i];
		if (has_mid(packet, &stream->receiver, &has_other_mid)) {
			*found = stream;
			return MATCH_MID;
		}
		if (urchin_format_find_codec(&stream->receiver.format, packet->rtp.payload_type)) {
			by_payload_type = stream;
			payload_type_count++;
		}
	}
	/* RFC 9143 9.2: a mid that nobody has is not overruled by the payload type. */
	if (has_other_mid || payload_type_count != 1)
		return MATCH_NONE;
	*found = by_payload_type;
	return MATCH_PAYLOAD_TYPE;
}

static bool is_moved(const struct urchin_packet *packet, const struct urchin_stream_in *stream)
{
	bool has_other_mid = false;
	has_mid(packet, &stream->receiver, &has_other_mid);
	return has_other_mid;
}

/* Two SSRCs must not pull one stream to and fro. */
static bool may_take(const struct urchin_receiver *receiver, const struct urchin_ssrc_entry *entry, enum match match,
		     uint64_t now_us)
{
	if (!receiver->has_ssrc || now_us - receiver->last_packet_us >= SILENT_US)
		return true;
	return match == MATCH_MID && !(entry && entry->was_used);
}

static int take_ssrc(struct urchin_connection *connection, struct urchin_stream_in *stream, uint32_t ssrc)
{
	const struct urchin_ssrc_entry *entry = urchin_ssrc_map_find(&connection->ssrcs, ssrc);
	if (entry && entry->stream != stream && entry->stream->receiver.ssrc == ssrc)
		urchin_receiver_end_ssrc(&entry->stream->receiver);
	int err = urchin_ssrc_map_add(&connection->ssrcs, ssrc, false, stream);
	if (err < 0)
		return err;
	urchin_ssrc_map_find(&connection->ssrcs, ssrc)->was_used = true;
	urchin_receiver_set_ssrc(&stream->receiver, ssrc);
	return 0;
}

struct urchin_stream_in *urchin_connection_find_stream(struct urchin_connection *connection,
						       struct urchin_packet *packet, uint64_t now_us)
{
	uint32_t ssrc = packet->rtp.ssrc;
	struct urchin_ssrc_entry *entry = urchin_ssrc_map_find(&connection->ssrcs, ssrc);
	struct urchin_stream_in *stream = entry ? entry->stream : NULL;
	/* What the SDP declares is as good as a mid. */
	enum match match = stream ? MATCH_MID : MATCH_NONE;

	if (!stream || is_moved(packet, stream))
		match = match_stream(connection, packet, &stream);
	if (match == MATCH_NONE) {
		connection->unknown_ssrc_packets++;
		return NULL;
	}
	if (urchin_packet_read_format(packet, &stream->receiver.format) < 0) {
		connection->unknown_payload_packets++;
		return NULL;
	}
	struct urchin_receiver *receiver = &stream->receiver;
	if (entry && entry->stream == stream && receiver->has_ssrc && receiver->ssrc == ssrc)
		return stream;
	bool is_same_stream = entry && entry->stream == stream;
	if (!may_take(receiver, is_same_stream ? entry : NULL, match, now_us) ||
	    take_ssrc(connection, stream, ssrc) < 0) {
		connection->unknown_ssrc_packets++;
		return NULL;
	}
	return stream;
}
