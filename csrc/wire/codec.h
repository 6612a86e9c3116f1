/* Looks into RTP payloads just far enough to tell where a frame, or a key frame, begins. */
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

/*
 * Each tells whether a frame begins with this packet (VP9: a picture, at its lowest spatial layer); false for anything
 * cut off. Every key frame's beginning is a frame's beginning. An H264 frame whose parameter sets come in a packet of
 * their own begins there and at its first slice; an AV1 frame begins at every packet that continues no OBU, so for
 * these two a new timestamp is the surer sign.
 */
bool urchin_vp8_is_frame_start(const uint8_t *payload, size_t len);
bool urchin_vp9_is_frame_start(const uint8_t *payload, size_t len);
bool urchin_h264_is_frame_start(const uint8_t *payload, size_t len);
bool urchin_av1_is_frame_start(const uint8_t *payload, size_t len);

#endif
