# Writes OUT with the program's version and the commit of the tree, if they have changed.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
if(NOT commit)
  set(commit "unknown")
elseif(changes)
  string(APPEND commit "-dirty")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT [[#include "app/version.hpp"

namespace confab::app {

std::string version_line() { return "confab @VERSION@ (@commit@)"; }

}  // namespace confab::app
]] @ONLY)
