#include "base/digest.hpp"

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>

namespace confab {

digest digest_of(std::initializer_list<std::string_view> fields) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    // A wrong digest would make two different requests equal.
    const auto check = [](int status) {
        if (status != 1) throw std::runtime_error("SHA-256 failed");
    };
    for (const auto field : fields) {
        const std::uint64_t length = field.size();
        check(EVP_DigestUpdate(context.get(), &length, sizeof length));
        check(EVP_DigestUpdate(context.get(), field.data(), field.size()));
    }
    digest out;
    check(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr));
    return out;
}

}  // namespace confab
