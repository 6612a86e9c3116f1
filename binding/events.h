// From urchin_event to the plain objects that lib/worker.js documents.
#ifndef URCHIN_BINDING_EVENTS_H
#define URCHIN_BINDING_EVENTS_H

#include <napi.h>

extern "C" {
#include "urchin.h"
}

namespace urchin
{

// The event stays the caller's.
Napi::Object ToJs(Napi::Env env, const urchin_event &event);

} // namespace urchin

#endif
