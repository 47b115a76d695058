// As long as one lives no file of this process may become longer.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace confab::testing {

class files_end_at {
public:
    explicit files_end_at(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~files_end_at() { setrlimit(RLIMIT_FSIZE, &before_); }
    files_end_at(const files_end_at&) = delete;
    files_end_at& operator=(const files_end_at&) = delete;

private:
    rlimit before_{};
};

}  // namespace confab::testing
