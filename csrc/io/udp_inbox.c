/* The kernel changes only the headers of the messages that it fills, so only those are set up again. */
#include "io/udp_inbox.h"

#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#define BATCH URCHIN_UDP_INBOX_MAX
/* The longest train that UDP_GRO makes; between the buffers a gap, or their starts would compete for the cache. */
#define TRAIN_CAP 65536
#define STRIDE (TRAIN_CAP + 320)

struct urchin_udp_inbox {
	struct sockaddr_storage from[BATCH];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} controls[BATCH];
	size_t used;                  /* headers to be set up again */
	uint8_t bytes[BATCH][STRIDE]; /* hardly touched beyond the first two kilobytes of each */
};

struct urchin_udp_inbox *urchin_udp_inbox_new(void)
{
	struct urchin_udp_inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return NULL;
	for (size_t i = 0; i < BATCH; i++)
		inbox->vectors[i] = (struct iovec){.iov_base = inbox->bytes[i], .iov_len = TRAIN_CAP};
	inbox->used = BATCH;
	return inbox;
}

void urchin_udp_inbox_free(struct urchin_udp_inbox *inbox)
{
	free(inbox);
}

size_t urchin_udp_inbox_read(struct urchin_udp_inbox *inbox, int fd)
{
	int count;

	for (size_t i = 0; i < inbox->used; i++)
		inbox->messages[i].msg_hdr = (struct msghdr){
		    .msg_name = &inbox->from[i],
		    .msg_namelen = sizeof(inbox->from[i]),
		    .msg_iov = &inbox->vectors[i],
		    .msg_iovlen = 1,
		    .msg_control = inbox->controls[i].bytes,
		    .msg_controllen = sizeof(inbox->controls[i].bytes),
		};
	count = recvmmsg(fd, inbox->messages, BATCH, MSG_DONTWAIT, NULL);
	/* A failure may have touched the first one. */
	inbox->used = count > 0 ? (size_t)count : 1;
	return count > 0 ? (size_t)count : 0;
}

/* The length of each datagram of a train, but the last; that of the whole when it is a single one. */
static size_t segment_length(struct msghdr *header, size_t len)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		int segment = 0;

		if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO)
			continue;
		memcpy(&segment, CMSG_DATA(control), sizeof(segment));
		if (segment > 0)
			return (size_t)segment;
	}
	return len > 0 ? len : 1;
}

struct urchin_udp_message urchin_udp_inbox_get(struct urchin_udp_inbox *inbox, size_t index)
{
	struct mmsghdr *message = &inbox->messages[index];

	return (struct urchin_udp_message){
	    .from = (const struct sockaddr *)&inbox->from[index],
	    .bytes = inbox->bytes[index],
	    .len = message->msg_len,
	    .segment_len = segment_length(&message->msg_hdr, message->msg_len),
	};
}
