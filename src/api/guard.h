// The only place where exceptions of LibTorch become clner::Error.
#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <string>

#include "clner/error.h"
#include "tensor/memory.h"

namespace clner::api {

template <class Function>
auto Guarded(Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    if (IsOutOfMemory(error)) {
      throw Error(ErrorCode::kResource, "out of memory", "",
                  "lower train.batch_pieces or train.batch_sentences, or --batch-pieces");
    }
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    if (torch_error == nullptr) throw;
    throw Error(ErrorCode::kInternal, std::string("LibTorch: ") + torch_error->what_without_backtrace(), "",
                "this is a bug in clner; please report it with the command that caused it");
  }
}

}  // namespace clner::api
