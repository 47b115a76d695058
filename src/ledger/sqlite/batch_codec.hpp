// Encodes a batch's effects as bytes, and decodes them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/batch_effects.hpp"

namespace confab::ledger::sqlite {

// Omits the jobs of the commands: this ledger does not store them.
std::string encode(const core::batch_effects& effects);

// Decoded effects. They refer to texts that this object owns.
class decoded_batch {
public:
    // Nothing: the bytes are not a valid batch.
    static std::optional<decoded_batch> from(std::string_view bytes);

    const core::batch_effects& effects() const { return effects_; }

private:
    std::shared_ptr<const void> texts_;
    core::batch_effects effects_;
};

}  // namespace confab::ledger::sqlite
