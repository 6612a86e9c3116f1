/* Big-endian integers in byte arrays (network order). The caller checks lengths. */
#ifndef URCHIN_BASE_BYTES_H
#define URCHIN_BASE_BYTES_H

#include <stdint.h>

static inline uint16_t urchin_read_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t urchin_read_u24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t urchin_read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t urchin_read_u64(const uint8_t *p)
{
	return (uint64_t)urchin_read_u32(p) << 32 | urchin_read_u32(p + 4);
}

static inline void urchin_write_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void urchin_write_u24(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 16);
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)v;
}

static inline void urchin_write_u32(uint8_t *p, uint32_t v)
{
	urchin_write_u16(p, (uint16_t)(v >> 16));
	urchin_write_u16(p + 2, (uint16_t)v);
}

static inline void urchin_write_u64(uint8_t *p, uint64_t v)
{
	urchin_write_u32(p, (uint32_t)(v >> 32));
	urchin_write_u32(p + 4, (uint32_t)v);
}

#endif
