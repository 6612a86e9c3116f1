/*
 * A command on its way from the owner's thread to the worker's. What it points to lies in one block of its own, so
 * that it is freed once wherever the command ends.
 */
#ifndef URCHIN_IO_COMMAND_H
#define URCHIN_IO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum urchin_command_type {
	URCHIN_COMMAND_OPEN,           /* payload: struct urchin_connection_config */
	URCHIN_COMMAND_GATHER,         /* payload: struct urchin_command_credentials; flag: controlling */
	URCHIN_COMMAND_SET_REMOTE,     /* payload: struct urchin_remote */
	URCHIN_COMMAND_ADD_CANDIDATE,  /* payload: struct urchin_candidate */
	URCHIN_COMMAND_END_CANDIDATES, /* */
	URCHIN_COMMAND_RESTART_ICE,    /* payload: struct urchin_command_credentials */
	URCHIN_COMMAND_SET_ADDRESSES,  /* payload: count of const char * */
	URCHIN_COMMAND_CLOSE,          /* */
	URCHIN_COMMAND_GET_STATS,      /* */
	URCHIN_COMMAND_ADD_RECEIVER,   /* payload: struct urchin_receiver_config */
	URCHIN_COMMAND_UPDATE_RECEIVER,
	URCHIN_COMMAND_REMOVE_RECEIVER,
	URCHIN_COMMAND_PAUSE_RECEIVER,   /* flag: paused */
	URCHIN_COMMAND_REQUEST_KEYFRAME, /* */
	URCHIN_COMMAND_EXPORT_RECEIVER,  /* count: the worker; flag: wanted */
	URCHIN_COMMAND_ADD_IMPORT,       /* payload: struct urchin_receiver_config; count: the worker */
	URCHIN_COMMAND_UPDATE_IMPORT,    /* payload: struct urchin_receiver_config */
	URCHIN_COMMAND_REMOVE_IMPORT,    /* */
	URCHIN_COMMAND_ADD_SENDER,       /* payload: struct urchin_sender_config */
	URCHIN_COMMAND_UPDATE_SENDER,
	URCHIN_COMMAND_REMOVE_SENDER,
	URCHIN_COMMAND_SET_SENDER_SOURCE, /* payload: count of struct urchin_payload_map, or NULL */
	URCHIN_COMMAND_PAUSE_SENDER,      /* flag: paused */
	URCHIN_COMMAND_SET_LOG_LEVEL,     /* count: the level */
	URCHIN_COMMAND_TYPES,
};

struct urchin_command_credentials {
	const char *ufrag;
	const char *pwd;
};

struct urchin_command {
	enum urchin_command_type type;
	bool flag;
	uint64_t request_id;
	uint64_t connection_id;
	uint64_t object_id; /* receiver or sender */
	uint64_t source_id;
	size_t count;
	void *payload;
	size_t payload_size;
};

/* Wipes (there may be passwords in it) and frees the payload. */
void urchin_command_clear(struct urchin_command *command);

#endif
