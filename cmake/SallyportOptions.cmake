# How everything is compiled: language, warnings, hardening, sanitizers, tools.
# CMakePresets.json only sets the variables named here; a plain `cmake -G Ninja -S . -B build-x` works too.
#
#   SALLYPORT_SANITIZE   "", "address,undefined" or "thread"
#   SALLYPORT_FUZZ       ON: instrument for libFuzzer and build tests/fuzz/*_fuzz.cc as fuzzers (clang)

set(SALLYPORT_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them")
option(SALLYPORT_FUZZ "build the fuzzers (clang only)" OFF)

# Without a build type nothing would be optimised, and _FORTIFY_SOURCE would be a warning instead of a guard.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "build type" FORCE)
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# -O2 rather than CMake's -O3: what was measured, what Debian ships. NDEBUG stays unset: assertions
# are on in release (docs/architecture.md, "Refusal, fault, bug").
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")

include(CheckPIESupported)
check_pie_supported()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(GTest REQUIRED)

find_program(SALLYPORT_CCACHE ccache)
if(SALLYPORT_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SALLYPORT_CCACHE})
endif()
find_program(SALLYPORT_MOLD mold)
if(SALLYPORT_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(sallyport_options INTERFACE)
target_include_directories(sallyport_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(sallyport_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wnon-virtual-dtor -Wold-style-cast -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # The stable algorithms of libstdc++ 12 call what C++23 deprecates, and clang blames whoever uses them. What we call
  # that is deprecated g++ tells.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  -fno-omit-frame-pointer
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)  # __FILE__ tells the file, not the machine it was built on
# Bounds of vector, span, optional and string are checked in release as well; the cost is in the noise here.
target_compile_definitions(sallyport_options INTERFACE _GLIBCXX_ASSERTIONS)

if(SALLYPORT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "SALLYPORT_FUZZ needs clang: use the preset `fuzz`")
  endif()
  set(SALLYPORT_SANITIZE "address,undefined")
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(SALLYPORT_SANITIZE)
  add_compile_options(-fsanitize=${SALLYPORT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SALLYPORT_SANITIZE})
else()
  # Hardening of what ships. Not under sanitizers: their interceptors and _FORTIFY_SOURCE exclude each other.
  target_compile_options(sallyport_options INTERFACE
    -fstack-protector-strong -fstack-clash-protection
    $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>)
  target_compile_definitions(sallyport_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=3>)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
