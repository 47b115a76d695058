// Encodes a batch's effects as bytes, and decodes them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.hpp"

namespace confab::ledger::sqlite {

// Omits the jobs of the commands: this ledger does not store them.
std::string encode(std::span<const core::effect> effects);

// Decoded effects. They refer to texts that this object owns.
class decoded_batch {
public:
    // Nothing: the bytes are not a valid batch.
    static std::optional<decoded_batch> from(std::string_view bytes);

    std::span<const core::effect> effects() const { return effects_; }

private:
    std::shared_ptr<const void> texts_;
    std::vector<core::effect> effects_;
};

}  // namespace confab::ledger::sqlite
