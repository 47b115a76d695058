// A batch's effects as bytes, and back.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.hpp"

namespace confab::ledger::sqlite {

// Without the jobs of their commands, which this ledger does not keep.
std::string encode(std::span<const core::effect> effects);

// Effects, and the texts they are views of.
class decoded_batch {
public:
    // Nothing: these are not the bytes of a batch.
    static std::optional<decoded_batch> from(std::string_view bytes);

    std::span<const core::effect> effects() const { return effects_; }

private:
    std::shared_ptr<const void> texts_;
    std::vector<core::effect> effects_;
};

}  // namespace confab::ledger::sqlite
