# libclner_cuda.so: the CRF kernels for GPUs. Built with nvcc alone (no Torch, cudart linked in), opened at run time.
# CLNER_WITH_CUDA: AUTO builds it when nvcc is found and works, ON insists, OFF leaves it out.
find_program(CLNER_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin DOC "CUDA compiler")
set(CLNER_CUDA_BUILT OFF)
string(TOUPPER "${CLNER_WITH_CUDA}" clner_with_cuda)
if(NOT clner_with_cuda MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "CLNER_WITH_CUDA is AUTO, ON or OFF, not '${CLNER_WITH_CUDA}'")
endif()
if(NOT clner_with_cuda STREQUAL "OFF" AND CLNER_NVCC)
  # A toolkit may refuse the installed host compiler; that is no reason to lose the rest of the build.
  if(NOT DEFINED CLNER_NVCC_WORKS)
    set(probe "${PROJECT_BINARY_DIR}/CMakeFiles/clner_nvcc_probe.cu")
    file(WRITE "${probe}" "#include <cstdint>\n__global__ void Probe(int64_t* to) { *to = 1; }\n")
    execute_process(COMMAND "${CLNER_NVCC}" -std=c++20 -ccbin "${CMAKE_CXX_COMPILER}" -gencode arch=compute_90,code=sm_90 -c "${probe}" -o "${probe}.o"
                    RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE output)
    if(result EQUAL 0)
      set(CLNER_NVCC_WORKS ON CACHE INTERNAL "")
    else()
      set(CLNER_NVCC_WORKS OFF CACHE INTERNAL "")
      message(STATUS "${CLNER_NVCC} does not work, no GPU part: ${output}")
    endif()
  endif()
  set(CLNER_CUDA_BUILT ${CLNER_NVCC_WORKS})
endif()
if(clner_with_cuda STREQUAL "ON" AND NOT CLNER_CUDA_BUILT)
  message(FATAL_ERROR "CLNER_WITH_CUDA is ON, but there is no working nvcc\n  install a CUDA 13 toolkit, name it with -DCLNER_NVCC=..., or leave CLNER_WITH_CUDA at AUTO")
endif()

# clner_cudart: the CUDA runtime for tests and benchmarks that use device memory themselves, linked in.
if(CLNER_CUDA_BUILT)
  get_filename_component(cuda_root "${CLNER_NVCC}" REALPATH)
  get_filename_component(cuda_root "${cuda_root}/../.." ABSOLUTE)
  find_library(CLNER_CUDART cudart_static HINTS "${cuda_root}/lib64" "${cuda_root}/lib" NO_DEFAULT_PATH)
  if(CLNER_CUDART AND EXISTS "${cuda_root}/include/cuda_runtime.h")
    add_library(clner_cudart INTERFACE)
    target_include_directories(clner_cudart SYSTEM INTERFACE "${cuda_root}/include")
    target_link_libraries(clner_cudart INTERFACE "${CLNER_CUDART}" rt Threads::Threads ${CMAKE_DL_LIBS})
  endif()
endif()

# clner_add_cuda_library(NAME SOURCE...): lib/libNAME.so from .cu files. nvcc is called directly: the options of the C++
# targets (precompiled headers, sanitizers, linker) are not for it.
function(clner_add_cuda_library name)
  set(objects)
  foreach(source IN LISTS ARGN)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/${source}.o")
    get_filename_component(folder "${object}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    # -fmad=false: products and sums are fused where the code says so (MultiplyAdd) and nowhere else.
    add_custom_command(
      OUTPUT "${object}"
      COMMAND ${CLNER_CCACHE} "${CLNER_NVCC}" -std=c++20 -O3 -fmad=false -ccbin "${CMAKE_CXX_COMPILER}" -Xcompiler=-fPIC,-fvisibility=hidden,-Wall "-Xcompiler=-ffile-prefix-map=${PROJECT_SOURCE_DIR}=."
              -gencode=arch=compute_80,code=sm_80 -gencode=arch=compute_90,code=sm_90 -gencode=arch=compute_90,code=compute_90
              -I "${PROJECT_SOURCE_DIR}/src" -MD -MF "${object}.d" -c "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${object}"
      DEPENDS "${source}" DEPFILE "${object}.d" VERBATIM COMMENT "Building CUDA object ${source}.o")
    list(APPEND objects "${object}")
  endforeach()
  set(library "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/lib${name}.so")
  add_custom_command(OUTPUT "${library}" COMMAND "${CLNER_NVCC}" -shared -ccbin "${CMAKE_CXX_COMPILER}" -Xlinker=-soname=lib${name}.so ${objects} -o "${library}"
                     DEPENDS ${objects} VERBATIM COMMENT "Linking CUDA library lib${name}.so")
  add_custom_target(${name} ALL DEPENDS "${library}")
endfunction()
