# Flags and helper functions shared by all targets.
add_library(clner_flags INTERFACE)
target_include_directories(clner_flags INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_compile_options(clner_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports overlapping copies inside std::string concatenation that cannot happen (GCC bug 105651).
  target_compile_options(clner_flags INTERFACE -Wno-restrict)
endif()
target_compile_definitions(clner_flags INTERFACE CLNER_VERSION="${PROJECT_VERSION}")
if(CLNER_SANITIZE)
  # Targets with CLNER_FEWER_CHECKS do without the checks of UndefinedBehaviorSanitizer that take the most time to compile and
  # that AddressSanitizer mostly makes, too. Without them GCC 12 sees out-of-bounds copies in strings that are not there (GCC bug
  # 105329): warnings are errors in the release build of the same files.
  target_compile_options(clner_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
                         "$<$<BOOL:$<TARGET_PROPERTY:CLNER_FEWER_CHECKS>>:-fno-sanitize=null,alignment,object-size,vptr;-Wno-error>")
  target_link_options(clner_flags INTERFACE -fsanitize=address,undefined)
endif()

# No folder of the build is in what is built: texts of failed assertions and debug information name files below ".".
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")

# The paths of a library count for the libraries that it needs, and for those that they need, too.
add_link_options(-Wl,--disable-new-dtags)

find_program(CLNER_CCACHE ccache)
if(CLNER_CCACHE)
  # The sloppiness lets ccache serve files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime;CCACHE_NOHASHDIR=1;${CLNER_CCACHE}")
  add_compile_options(-fpch-preprocess)
endif()
find_program(CLNER_MOLD mold)
if(CLNER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
