# Toolchain: Clang. tools/setup installs the version in tools/llvm-version.
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/../tools/llvm-version llvm)
set(CMAKE_CXX_COMPILER clang++-${llvm})
