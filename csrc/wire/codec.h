/* Looks into RTP payloads just far enough to tell where a key frame begins. */
#ifndef URCHIN_WIRE_CODEC_H
#define URCHIN_WIRE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each tells whether a decoder can begin with this packet; false for anything cut off. */
bool urchin_vp8_is_keyframe(const uint8_t *payload, size_t len); /* RFC 7741 4.2, 4.3 */
bool urchin_vp9_is_keyframe(const uint8_t *payload, size_t len); /* RFC 9628 4.2 */
/* RFC 6184 5: an SPS or the first slice of an IDR picture, alone, aggregated or fragmented. */
bool urchin_h264_is_keyframe(const uint8_t *payload, size_t len);
bool urchin_av1_is_keyframe(const uint8_t *payload, size_t len); /* AV1 RTP 4.4: new coded video sequence */

#endif
