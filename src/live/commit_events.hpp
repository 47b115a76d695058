// The events of a commit, from its effects: a server alone reads nothing back to deliver them.
#pragma once

#include "core/batch_effects.hpp"
#include "live/hub.hpp"

namespace confab::live {

// Publishes the events that somebody follows. To be called when the commit is durable and visible to readers, on the
// writer's thread. REQUIRES: the effects were decided in this process (not read from a journal).
void publish_commit(hub& to, event_texts texts, const core::batch_effects& effects);

}  // namespace confab::live
