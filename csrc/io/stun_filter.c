/* A classic BPF program without loops: so many attributes are looked at, so many characters compared. */
#include "io/stun_filter.h"

#include <linux/filter.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"

/* A socket's filter sees the UDP header too. */
#define MESSAGE 8
#define FIRST_ATTRIBUTE (MESSAGE + 20)
#define BINDING_REQUEST 0x0001
#define USERNAME 0x0006
/* Browsers put USERNAME first, libnice after three others. */
#define ATTRIBUTES_MAX 10
#define STEPS_PER_ATTRIBUTE 7
/* Of the user name fragment: 64 characters can't be guessed either. */
#define COMPARED_MAX 64
#define STEPS_MAX (5 + ATTRIBUTES_MAX * STEPS_PER_ATTRIBUTE + 2 * (COMPARED_MAX + 1) + 2)
#define PASS 0xffffffffU

struct program {
	struct sock_filter steps[STEPS_MAX];
	uint16_t count;
};

static void add(struct program *program, uint16_t code, uint32_t k)
{
	program->steps[program->count++] = (struct sock_filter)BPF_STMT(code, k);
}

/* Skips `if_equal` steps when A is k, else `otherwise`. */
static void branch(struct program *program, uint32_t k, size_t if_equal, size_t otherwise)
{
	program->steps[program->count++] =
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, (uint8_t)if_equal, (uint8_t)otherwise);
}

/* X goes to the USERNAME attribute. A load beyond the end of the packet drops it. */
static void find_username(struct program *program)
{
	add(program, BPF_LDX | BPF_W | BPF_IMM, FIRST_ATTRIBUTE);
	for (size_t i = 0; i < ATTRIBUTES_MAX; i++) {
		add(program, BPF_LD | BPF_H | BPF_IND, 0);
		branch(program, USERNAME, (ATTRIBUTES_MAX - i) * STEPS_PER_ATTRIBUTE - 1, 0);
		/* RFC 8489 14: lengths without padding. */
		add(program, BPF_LD | BPF_H | BPF_IND, 2);
		add(program, BPF_ALU | BPF_ADD | BPF_K, 4 + 3);
		add(program, BPF_ALU | BPF_AND | BPF_K, ~3U);
		add(program, BPF_ALU | BPF_ADD | BPF_X, 0);
		add(program, BPF_MISC | BPF_TAX, 0);
	}
	add(program, BPF_RET | BPF_K, 0);
}

static void compare(struct program *program, const char *ufrag)
{
	size_t len = strlen(ufrag);
	size_t compared = len < COMPARED_MAX ? len : COMPARED_MAX;
	size_t total = compared + (compared == len);

	for (size_t i = 0; i < total; i++) {
		add(program, BPF_LD | BPF_B | BPF_IND, (uint32_t)(4 + i));
		branch(program, i < len ? (uint8_t)ufrag[i] : ':', 0, 2 * (total - i) - 1);
	}
}

int urchin_stun_filter_attach(int fd, const char *ufrag)
{
	struct program program = {.count = 0};
	struct sock_fprog filter;

	add(&program, BPF_LD | BPF_H | BPF_ABS, MESSAGE);
	branch(&program, BINDING_REQUEST, 1, 0);
	add(&program, BPF_RET | BPF_K, PASS);
	find_username(&program);
	compare(&program, ufrag);
	add(&program, BPF_RET | BPF_K, PASS);
	add(&program, BPF_RET | BPF_K, 0);
	filter = (struct sock_fprog){.len = program.count, .filter = program.steps};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ? URCHIN_ESYSTEM : 0;
}
