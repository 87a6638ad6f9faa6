# Two imported targets for LibTorch; find_package(Torch) would ask for a whole CUDA set-up.
foreach(file include/torch/csrc/api/include/torch/torch.h lib/libtorch_cpu.so lib/libc10.so)
  if(NOT EXISTS "${CLNER_TORCH_DIR}/${file}")
    message(FATAL_ERROR "LibTorch is missing: ${CLNER_TORCH_DIR}/${file}\n  run scripts/setup.sh, or give -DCLNER_TORCH_DIR=..., or -DCLNER_WITH_TORCH=OFF")
  endif()
endforeach()
foreach(name c10 torch_cpu)
  add_library(${name} SHARED IMPORTED)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION "${CLNER_TORCH_DIR}/lib/lib${name}.so" IMPORTED_NO_SONAME ON)
endforeach()
# As in ClnerTargets.cmake, for headers that lie elsewhere; the compiler names them with links resolved.
get_filename_component(clner_torch_real "${CLNER_TORCH_DIR}" REALPATH)
add_compile_options("-ffile-prefix-map=${CLNER_TORCH_DIR}=libtorch" "-ffile-prefix-map=${clner_torch_real}=libtorch")
add_library(clner_torch_flags INTERFACE)
target_include_directories(clner_torch_flags SYSTEM INTERFACE "${CLNER_TORCH_DIR}/include" "${CLNER_TORCH_DIR}/include/torch/csrc/api/include")
target_link_libraries(clner_torch_flags INTERFACE torch_cpu c10 Threads::Threads)
# libtorch_cpu needs libcudart and libcupti: beside it (scripts/setup.sh), else in a CUDA toolkit. Installed programs find
# LibTorch by other ways (tools/torch_search.h), so this is no part of their paths.
set(clner_torch_folders "${CLNER_TORCH_DIR}/lib" /usr/local/cuda/lib64 /usr/local/cuda/extras/CUPTI/lib64)
list(APPEND CMAKE_BUILD_RPATH ${clner_torch_folders})
list(JOIN clner_torch_folders ":" clner_torch_folders)
target_link_options(clner_torch_flags INTERFACE "-Wl,-rpath-link,${clner_torch_folders}")
