// The only place where exceptions of LibTorch become clner::Error.
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "clner/error.h"

namespace clner::api {

template <class Function>
auto Guarded(Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const Error&) {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    throw Error(ErrorCode::kResource, error.what_without_backtrace(), "",
                "lower train.batch_pieces or train.batch_sentences");
  } catch (const c10::Error& error) {
    const std::string what = error.what_without_backtrace();
    // The CPU allocator reports exhausted memory as an ordinary error.
    if (what.find("not enough memory") != std::string::npos ||
        what.find("can't allocate memory") != std::string::npos) {
      throw Error(ErrorCode::kResource, "out of memory: " + what, "",
                  "lower train.batch_pieces or train.batch_sentences, or --batch-pieces");
    }
    throw Error(ErrorCode::kInternal, "LibTorch: " + what, "",
                "this is a bug in clner; please report it with the command that caused it");
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kResource, "out of memory", "",
                "lower train.batch_pieces or train.batch_sentences, or --batch-pieces");
  }
}

}  // namespace clner::api
