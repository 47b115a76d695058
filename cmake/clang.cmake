# Toolchain: Clang of the version that the formatter and the linter have, too.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../tools/llvm-version llvm)
set(CMAKE_CXX_COMPILER clang++-${llvm})
