/* The commands of urchin.h: checked and copied on the owner's thread. */
#include <stdlib.h>
#include <string.h>

#include "io/worker.h"

#define ID_MAX ((uint64_t)1 << 53)
/* Closing must not fail because of a flood of other commands. */
#define CLOSES_MAX (2 * URCHIN_COMMANDS_MAX)
/* From then on the worker's work is better done beside the owner's. */
#define HELD_COMMANDS_MAX 64
#define SERVERS_MAX 64
#define ADDRESSES_MAX 256
#define HOST_MAX 255
#define TLS_CA_MAX 262144
/* RFC 8489 14.3: fewer than 509 bytes. */
#define USERNAME_MAX 508
#define CREDENTIAL_MAX 512
#define ICE_CREDENTIAL_MAX 256
#define FINGERPRINTS_MAX 8
#define PAYLOAD_MAP_MAX 128
#define SSRCS_MAX (sizeof(((struct urchin_receiver_config *)0)->ssrcs) / sizeof(uint32_t))

void urchin_command_clear(struct urchin_command *command)
{
	if (command->payload)
		explicit_bzero(command->payload, command->payload_size);
	free(command->payload);
	command->payload = NULL;
}

static bool is_id(uint64_t id)
{
	return id > 0 && id < ID_MAX;
}

static bool is_text(const char *text, size_t min, size_t max)
{
	size_t len = text ? strnlen(text, max + 1) : 0;

	return text && len >= min && len <= max;
}

static bool has_end(const char *text, size_t cap)
{
	return memchr(text, '\0', cap) != NULL;
}

static void show_held(struct urchin_worker *worker)
{
	worker->held_commands = 0;
	if (worker->is_wake_due)
		urchin_worker_wake(worker);
	worker->is_wake_due = false;
}

/* Takes over the command's payload, whatever it returns. */
static int put(struct urchin_worker *worker, struct urchin_command *command)
{
	size_t limit = command->type == URCHIN_COMMAND_CLOSE ? CLOSES_MAX : URCHIN_COMMANDS_MAX;
	int err = urchin_queue_push(&worker->commands, command, limit);

	if (err)
		urchin_command_clear(command);
	else if (worker->holds_commands && ++worker->held_commands >= HELD_COMMANDS_MAX)
		show_held(worker);
	return err;
}

static int put_plain(struct urchin_worker *worker, enum urchin_command_type type, uint64_t request_id,
		     uint64_t connection_id)
{
	struct urchin_command command = {.type = type, .request_id = request_id, .connection_id = connection_id};

	return is_id(connection_id) ? put(worker, &command) : URCHIN_EINVAL;
}

static bool allocate(struct urchin_command *command, size_t size)
{
	command->payload = malloc(size);
	command->payload_size = size;
	return command->payload != NULL;
}

/* Puts a command whose payload is a copy of one flat struct. */
static int put_copy(struct urchin_worker *worker, struct urchin_command *command, const void *value, size_t size)
{
	if (!allocate(command, size))
		return URCHIN_ENOMEM;
	memcpy(command->payload, value, size);
	return put(worker, command);
}

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Copies text to *at and moves on behind it. */
static const char *copy_text(char **at, const char *text)
{
	char *copy = *at;
	size_t size = text_size(text);

	if (!text)
		return NULL;
	memcpy(copy, text, size);
	*at += size;
	return copy;
}

static bool is_server(const struct urchin_ice_server *server)
{
	if (!is_text(server->host, 1, HOST_MAX) || server->port == 0)
		return false;
	if (!server->is_turn)
		return true;
	return (server->turn_protocol == URCHIN_TURN_UDP || server->turn_protocol == URCHIN_TURN_TCP ||
		server->turn_protocol == URCHIN_TURN_TLS) &&
	       is_text(server->username, 0, USERNAME_MAX) && is_text(server->credential, 0, CREDENTIAL_MAX);
}

static bool is_ice_config(const struct urchin_ice_config *ice)
{
	if (ice->server_count > SERVERS_MAX || ice->address_count > ADDRESSES_MAX || ice->port_min > ice->port_max)
		return false;
	for (size_t i = 0; i < ice->server_count; i++)
		if (!is_server(&ice->servers[i]))
			return false;
	for (size_t i = 0; i < ice->address_count; i++)
		if (!is_text(ice->addresses[i], 1, URCHIN_ADDRESS_CAP - 1))
			return false;
	return !ice->tls_ca || is_text(ice->tls_ca, 1, TLS_CA_MAX);
}

static size_t config_size(const struct urchin_ice_config *ice)
{
	size_t size = sizeof(struct urchin_connection_config) + ice->server_count * sizeof(*ice->servers) +
		      ice->address_count * sizeof(*ice->addresses);

	for (size_t i = 0; i < ice->server_count; i++)
		size += text_size(ice->servers[i].host) + text_size(ice->servers[i].username) +
			text_size(ice->servers[i].credential);
	for (size_t i = 0; i < ice->address_count; i++)
		size += text_size(ice->addresses[i]);
	return size + text_size(ice->tls_ca);
}

static void copy_config(void *block, const struct urchin_connection_config *config)
{
	struct urchin_connection_config *copy = block;
	struct urchin_ice_server *servers = (struct urchin_ice_server *)(copy + 1);
	const char **addresses = (const char **)(servers + config->ice.server_count);
	char *at = (char *)(addresses + config->ice.address_count);

	*copy = *config;
	copy->ice.servers = servers;
	copy->ice.addresses = addresses;
	for (size_t i = 0; i < config->ice.server_count; i++) {
		servers[i] = config->ice.servers[i];
		servers[i].host = copy_text(&at, servers[i].host);
		servers[i].username = copy_text(&at, servers[i].username);
		servers[i].credential = copy_text(&at, servers[i].credential);
	}
	for (size_t i = 0; i < config->ice.address_count; i++)
		addresses[i] = copy_text(&at, config->ice.addresses[i]);
	copy->ice.tls_ca = copy_text(&at, config->ice.tls_ca);
}

int urchin_open_connection(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			   const struct urchin_connection_config *config)
{
	struct urchin_command command = {
	    .type = URCHIN_COMMAND_OPEN, .request_id = request_id, .connection_id = connection_id};

	if (!is_id(connection_id) || !config || !is_ice_config(&config->ice))
		return URCHIN_EINVAL;
	if (!allocate(&command, config_size(&config->ice)))
		return URCHIN_ENOMEM;
	copy_config(command.payload, config);
	return put(worker, &command);
}

static int put_credentials(struct urchin_worker *worker, struct urchin_command *command, const char *ufrag,
			   const char *pwd)
{
	struct urchin_command_credentials *copy;
	char *at;

	if (!is_id(command->connection_id) || !is_text(ufrag, 1, ICE_CREDENTIAL_MAX) ||
	    !is_text(pwd, 1, ICE_CREDENTIAL_MAX))
		return URCHIN_EINVAL;
	if (!allocate(command, sizeof(*copy) + text_size(ufrag) + text_size(pwd)))
		return URCHIN_ENOMEM;
	copy = command->payload;
	at = (char *)(copy + 1);
	copy->ufrag = copy_text(&at, ufrag);
	copy->pwd = copy_text(&at, pwd);
	return put(worker, command);
}

int urchin_gather(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, const char *ufrag,
		  const char *pwd, bool controlling)
{
	struct urchin_command command = {.type = URCHIN_COMMAND_GATHER,
					 .request_id = request_id,
					 .connection_id = connection_id,
					 .flag = controlling};

	return put_credentials(worker, &command, ufrag, pwd);
}

int urchin_restart_ice(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, const char *ufrag,
		       const char *pwd)
{
	struct urchin_command command = {
	    .type = URCHIN_COMMAND_RESTART_ICE, .request_id = request_id, .connection_id = connection_id};

	return put_credentials(worker, &command, ufrag, pwd);
}

int urchin_set_addresses(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			 const char *const *addresses, size_t count)
{
	struct urchin_command command = {.type = URCHIN_COMMAND_SET_ADDRESSES,
					 .request_id = request_id,
					 .connection_id = connection_id,
					 .count = count};
	size_t size = count * sizeof(*addresses);
	const char **copies;
	char *at;

	if (!is_id(connection_id) || count < 1 || count > ADDRESSES_MAX)
		return URCHIN_EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!is_text(addresses[i], 1, URCHIN_ADDRESS_CAP - 1))
			return URCHIN_EINVAL;
		size += text_size(addresses[i]);
	}
	if (!allocate(&command, size))
		return URCHIN_ENOMEM;
	copies = command.payload;
	at = (char *)(copies + count);
	for (size_t i = 0; i < count; i++)
		copies[i] = copy_text(&at, addresses[i]);
	return put(worker, &command);
}

static bool is_remote(const struct urchin_remote *remote)
{
	if (!remote || !is_text(remote->ufrag, 1, ICE_CREDENTIAL_MAX) || !is_text(remote->pwd, 1, ICE_CREDENTIAL_MAX))
		return false;
	if (remote->local_dtls_role != URCHIN_DTLS_CLIENT && remote->local_dtls_role != URCHIN_DTLS_SERVER)
		return false;
	if (remote->fingerprint_count < 1 || remote->fingerprint_count > FINGERPRINTS_MAX || !remote->fingerprints)
		return false;
	for (size_t i = 0; i < remote->fingerprint_count; i++) {
		const struct urchin_fingerprint *fingerprint = &remote->fingerprints[i];

		if (!has_end(fingerprint->algorithm, sizeof(fingerprint->algorithm)) ||
		    fingerprint->len > sizeof(fingerprint->bytes))
			return false;
	}
	return true;
}

int urchin_set_remote(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
		      const struct urchin_remote *remote)
{
	struct urchin_command command = {
	    .type = URCHIN_COMMAND_SET_REMOTE, .request_id = request_id, .connection_id = connection_id};
	struct urchin_fingerprint *fingerprints;
	struct urchin_remote *copy;
	char *at;

	if (!is_id(connection_id) || !is_remote(remote))
		return URCHIN_EINVAL;
	if (!allocate(&command, sizeof(*copy) + remote->fingerprint_count * sizeof(*fingerprints) +
				    text_size(remote->ufrag) + text_size(remote->pwd)))
		return URCHIN_ENOMEM;
	copy = command.payload;
	fingerprints = (struct urchin_fingerprint *)(copy + 1);
	at = (char *)(fingerprints + remote->fingerprint_count);
	*copy = *remote;
	memcpy(fingerprints, remote->fingerprints, remote->fingerprint_count * sizeof(*fingerprints));
	copy->fingerprints = fingerprints;
	copy->ufrag = copy_text(&at, remote->ufrag);
	copy->pwd = copy_text(&at, remote->pwd);
	return put(worker, &command);
}

int urchin_add_candidate(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			 const struct urchin_candidate *candidate)
{
	struct urchin_command command = {
	    .type = URCHIN_COMMAND_ADD_CANDIDATE, .request_id = request_id, .connection_id = connection_id};

	if (!is_id(connection_id) || !candidate || !has_end(candidate->foundation, sizeof(candidate->foundation)) ||
	    !has_end(candidate->address, sizeof(candidate->address)) ||
	    !has_end(candidate->related_address, sizeof(candidate->related_address)))
		return URCHIN_EINVAL;
	return put_copy(worker, &command, candidate, sizeof(*candidate));
}

int urchin_end_candidates(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id)
{
	return put_plain(worker, URCHIN_COMMAND_END_CANDIDATES, request_id, connection_id);
}

int urchin_close_connection(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id)
{
	return put_plain(worker, URCHIN_COMMAND_CLOSE, request_id, connection_id);
}

int urchin_get_stats(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id)
{
	struct urchin_command command = {
	    .type = URCHIN_COMMAND_GET_STATS, .request_id = request_id, .connection_id = connection_id};

	return connection_id == 0 || is_id(connection_id) ? put(worker, &command) : URCHIN_EINVAL;
}

static int put_receiver(struct urchin_worker *worker, struct urchin_command *command,
			const struct urchin_receiver_config *config)
{
	if (!is_id(command->connection_id) || !is_id(command->object_id) || !config ||
	    !urchin_format_is_valid(&config->format) || config->ssrc_count > SSRCS_MAX ||
	    !has_end(config->rid, sizeof(config->rid)))
		return URCHIN_EINVAL;
	return put_copy(worker, command, config, sizeof(*config));
}

static int put_sender(struct urchin_worker *worker, struct urchin_command *command,
		      const struct urchin_sender_config *config)
{
	if (!is_id(command->connection_id) || !is_id(command->object_id) || !config ||
	    !urchin_format_is_valid(&config->format) || !has_end(config->cname, sizeof(config->cname)))
		return URCHIN_EINVAL;
	return put_copy(worker, command, config, sizeof(*config));
}

static struct urchin_command make(enum urchin_command_type type, uint64_t request_id, uint64_t connection_id,
				  uint64_t object_id)
{
	return (struct urchin_command){
	    .type = type, .request_id = request_id, .connection_id = connection_id, .object_id = object_id};
}

int urchin_add_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t receiver_id,
			const struct urchin_receiver_config *config)
{
	struct urchin_command command = make(URCHIN_COMMAND_ADD_RECEIVER, request_id, connection_id, receiver_id);

	return put_receiver(worker, &command, config);
}

int urchin_update_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			   uint64_t receiver_id, const struct urchin_receiver_config *config)
{
	struct urchin_command command = make(URCHIN_COMMAND_UPDATE_RECEIVER, request_id, connection_id, receiver_id);

	return put_receiver(worker, &command, config);
}

/* Puts a command that names a stream alone. */
static int put_flag(struct urchin_worker *worker, enum urchin_command_type type, uint64_t request_id,
		    uint64_t object_id, bool flag)
{
	struct urchin_command command = make(type, request_id, 0, object_id);

	command.flag = flag;
	return is_id(object_id) ? put(worker, &command) : URCHIN_EINVAL;
}

int urchin_export_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id, unsigned to_worker,
			   bool is_wanted)
{
	struct urchin_command command = make(URCHIN_COMMAND_EXPORT_RECEIVER, request_id, 0, receiver_id);

	if (!is_id(receiver_id) || to_worker >= URCHIN_MAILBOXES_MAX)
		return URCHIN_EINVAL;
	command.count = to_worker;
	command.flag = is_wanted;
	return put(worker, &command);
}

static int put_import(struct urchin_worker *worker, struct urchin_command *command,
		      const struct urchin_receiver_config *config)
{
	/* An import belongs to no connection of its worker. */
	if (!is_id(command->object_id) || !config || !urchin_format_is_valid(&config->format) ||
	    !has_end(config->rid, sizeof(config->rid)))
		return URCHIN_EINVAL;
	return put_copy(worker, command, config, sizeof(*config));
}

int urchin_add_import(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id, unsigned from_worker,
		      const struct urchin_receiver_config *config)
{
	struct urchin_command command = make(URCHIN_COMMAND_ADD_IMPORT, request_id, 0, receiver_id);

	command.count = from_worker;
	return from_worker < URCHIN_MAILBOXES_MAX ? put_import(worker, &command, config) : URCHIN_EINVAL;
}

int urchin_update_import(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id,
			 const struct urchin_receiver_config *config)
{
	struct urchin_command command = make(URCHIN_COMMAND_UPDATE_IMPORT, request_id, 0, receiver_id);

	return put_import(worker, &command, config);
}

int urchin_remove_import(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id)
{
	return put_flag(worker, URCHIN_COMMAND_REMOVE_IMPORT, request_id, receiver_id, false);
}

/* Puts a command that names a stream on a connection. */
static int put_stream(struct urchin_worker *worker, struct urchin_command *command)
{
	if (!is_id(command->connection_id) || !is_id(command->object_id))
		return URCHIN_EINVAL;
	return put(worker, command);
}

int urchin_remove_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id,
			   uint64_t receiver_id)
{
	struct urchin_command command = make(URCHIN_COMMAND_REMOVE_RECEIVER, request_id, connection_id, receiver_id);

	return put_stream(worker, &command);
}

int urchin_pause_receiver(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id, bool paused)
{
	return put_flag(worker, URCHIN_COMMAND_PAUSE_RECEIVER, request_id, receiver_id, paused);
}

int urchin_request_keyframe(struct urchin_worker *worker, uint64_t request_id, uint64_t receiver_id)
{
	return put_flag(worker, URCHIN_COMMAND_REQUEST_KEYFRAME, request_id, receiver_id, false);
}

int urchin_add_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t sender_id,
		      const struct urchin_sender_config *config)
{
	struct urchin_command command = make(URCHIN_COMMAND_ADD_SENDER, request_id, connection_id, sender_id);

	return put_sender(worker, &command, config);
}

int urchin_update_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t sender_id,
			 const struct urchin_sender_config *config)
{
	struct urchin_command command = make(URCHIN_COMMAND_UPDATE_SENDER, request_id, connection_id, sender_id);

	return put_sender(worker, &command, config);
}

int urchin_remove_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t connection_id, uint64_t sender_id)
{
	struct urchin_command command = make(URCHIN_COMMAND_REMOVE_SENDER, request_id, connection_id, sender_id);

	return put_stream(worker, &command);
}

int urchin_set_sender_source(struct urchin_worker *worker, uint64_t request_id, uint64_t sender_id,
			     uint64_t receiver_id, const struct urchin_payload_map *map, size_t map_count)
{
	struct urchin_command command = make(URCHIN_COMMAND_SET_SENDER_SOURCE, request_id, 0, sender_id);

	if (!is_id(sender_id) || receiver_id >= ID_MAX || map_count > PAYLOAD_MAP_MAX || (map_count && !map))
		return URCHIN_EINVAL;
	command.source_id = receiver_id;
	command.count = map_count;
	return map_count ? put_copy(worker, &command, map, map_count * sizeof(*map)) : put(worker, &command);
}

int urchin_pause_sender(struct urchin_worker *worker, uint64_t request_id, uint64_t sender_id, bool paused)
{
	return put_flag(worker, URCHIN_COMMAND_PAUSE_SENDER, request_id, sender_id, paused);
}

void urchin_worker_hold(struct urchin_worker *worker)
{
	worker->holds_commands = true;
}

void urchin_worker_submit(struct urchin_worker *worker)
{
	worker->holds_commands = false;
	show_held(worker);
}

void urchin_worker_set_log_level(struct urchin_worker *worker, enum urchin_log_level level)
{
	struct urchin_command command = {.type = URCHIN_COMMAND_SET_LOG_LEVEL, .count = (size_t)level};

	put(worker, &command);
}
