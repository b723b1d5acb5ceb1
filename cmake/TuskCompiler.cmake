# Language, warnings, sanitizers, and the faster tools where this machine has them.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

# Assertions stay on in every preset: a broken invariant must stop the process, not corrupt data.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers -fno-omit-frame-pointer)
add_link_options(-Wl,--as-needed)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overlaps in std::string::insert and uninitialised optionals that are not there
  # (GCC bugs 105651, 80635).
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Asio 1.74 does not recognise clang 19's coroutines by itself.
  add_compile_definitions(BOOST_ASIO_HAS_CO_AWAIT=1 BOOST_ASIO_HAS_STD_COROUTINE=1)
  add_compile_options(-Wno-deprecated-declarations)
endif()
# What these two kinds of build are for are warnings and reports: code that is quick to make is
# enough. (A file under ASan and UBSan: clang -O0 4 s, clang -O1 8 s, g++ -O1 12 s.)
if(TUSK_ANALYZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O0")
  add_compile_options(-Wthread-safety)
elseif(TUSK_SANITIZE AND NOT TUSK_FUZZ)
  set(CMAKE_CXX_FLAGS_DEBUG "-O0 -gline-tables-only")
endif()

if(TUSK_SANITIZE)
  add_compile_options(-fsanitize=${TUSK_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TUSK_SANITIZE})
  if(TUSK_SANITIZE MATCHES "thread")
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()

find_program(TUSK_CCACHE ccache)
if(TUSK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TUSK_CCACHE})
endif()
find_program(TUSK_MOLD mold)
if(TUSK_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
