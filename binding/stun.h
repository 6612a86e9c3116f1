// The core's STUN codec for lib/nat: two functions on the addon itself, no worker behind them.
#ifndef URCHIN_BINDING_STUN_H
#define URCHIN_BINDING_STUN_H

#include <napi.h>

namespace urchin
{

// encodeStunRequest(transaction, { changeIp, changePort, responsePort, software }): a Binding request as a Buffer.
// transaction: Uint8Array of 12 bytes. All fields are optional: two booleans, 1..65535, a string of at most 127 bytes.
// Throws ERR_INVALID_ARGUMENT.
Napi::Value EncodeStunRequest(const Napi::CallbackInfo &info);

// decodeStun(datagram): what a Uint8Array holds, or null when that is no STUN message. Throws ERR_INVALID_ARGUMENT.
Napi::Value DecodeStun(const Napi::CallbackInfo &info);

} // namespace urchin

#endif
