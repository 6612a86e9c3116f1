/* Every string is one allocation of its own: configurations are few and small. */
#include "io/nice_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void free_texts(const char *const *texts, size_t count)
{
	for (size_t i = 0; texts && i < count; i++)
		free((char *)(uintptr_t)texts[i]);
	free((void *)(uintptr_t)texts);
}

static const char *const *copy_texts(const char *const *texts, size_t count)
{
	const char **copy = calloc(count ? count : 1, sizeof(*copy));
	size_t i = 0;

	while (copy && i < count && (copy[i] = strdup(texts[i])))
		i++;
	if (copy && i == count)
		return copy;
	free_texts(copy, i);
	return NULL;
}

static bool copy_text(const char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static void free_secret(const char *text)
{
	if (text)
		explicit_bzero((char *)(uintptr_t)text, strlen(text));
	free((char *)(uintptr_t)text);
}

static bool copy_servers(struct urchin_ice_config *copy, const struct urchin_ice_config *config)
{
	struct urchin_ice_server *servers = calloc(config->server_count ? config->server_count : 1, sizeof(*servers));

	copy->servers = servers;
	copy->server_count = servers ? config->server_count : 0;
	for (size_t i = 0; i < copy->server_count; i++) {
		const struct urchin_ice_server *from = &config->servers[i];

		servers[i] = *from;
		/* Not shorted: what can't be copied must be NULL, not the caller's. */
		if (!copy_text(&servers[i].host, from->host) | !copy_text(&servers[i].username, from->username) |
		    !copy_text(&servers[i].credential, from->credential)) {
			copy->server_count = i + 1;
			return false;
		}
	}
	return servers != NULL;
}

struct urchin_ice_config *urchin_nice_config_copy(const struct urchin_ice_config *config)
{
	struct urchin_ice_config *copy = malloc(sizeof(*copy));
	bool is_complete;

	if (!copy)
		return NULL;
	*copy = *config;
	is_complete = copy_servers(copy, config);
	copy->addresses = copy_texts(config->addresses, config->address_count);
	is_complete = copy_text(&copy->tls_ca, config->tls_ca) && is_complete && copy->addresses;
	if (is_complete)
		return copy;
	urchin_nice_config_free(copy);
	return NULL;
}

int urchin_nice_config_set_addresses(struct urchin_ice_config *config, const char *const *addresses, size_t count)
{
	const char *const *copy = copy_texts(addresses, count);

	if (!copy)
		return URCHIN_ENOMEM;
	free_texts(config->addresses, config->address_count);
	config->addresses = copy;
	config->address_count = count;
	return 0;
}

void urchin_nice_config_free(struct urchin_ice_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->server_count; i++) {
		free((char *)(uintptr_t)config->servers[i].host);
		free((char *)(uintptr_t)config->servers[i].username);
		free_secret(config->servers[i].credential);
	}
	free((void *)(uintptr_t)config->servers);
	free_texts(config->addresses, config->address_count);
	free((char *)(uintptr_t)config->tls_ca);
	free(config);
}
