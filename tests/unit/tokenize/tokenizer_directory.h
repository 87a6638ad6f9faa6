// A directory with tokenizer files, what it loads to, and what its error says.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "temp_directory.h"
#include "tokenize/tokenizer.h"

namespace clner::test {

class TokenizerDirectory : public testing::Test {
 protected:
  [[nodiscard]] std::vector<int32_t> Ids(std::string_view word) const {
    std::vector<int32_t> ids;
    EXPECT_TRUE(LoadTokenizer(directory_.path())->EncodeWord(word, SIZE_MAX, &ids));
    return ids;
  }
  [[nodiscard]] std::string Report() const {
    return ReportOf(ErrorCode::kCorrupt, [&] { (void)LoadTokenizer(directory_.path()); });
  }
  TempDirectory directory_;
};

}  // namespace clner::test
