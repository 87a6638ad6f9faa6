// Tags of a model that do not fit its scheme or its types.
#include "data/tag_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TagSet, TagsOfEverySchemeFit) {
  for (const Scheme scheme :
       {Scheme::kIob1, Scheme::kBio, Scheme::kBioes, Scheme::kBmes, Scheme::kBilou, Scheme::kBie, Scheme::kIo})
    EXPECT_THAT(TagSetProblems(SchemeTags({"PER", "geo-loc"}, scheme), {"geo-loc", "PER"}, scheme), IsEmpty());
  EXPECT_THAT(TagSetProblems({"<unk>", "O", "S-PER", "S-X", "<START>"}, {"PER"}, Scheme::kBioes), IsEmpty());
  EXPECT_THAT(TagSetProblems({"O", "B", "I"}, {""}, Scheme::kBio), IsEmpty());
}

TEST(TagSet, OthersAreNamed) {
  EXPECT_THAT(TagSetProblems({"O", "B-PER", "S-PER"}, {"PER"}, Scheme::kBio),
              ElementsAre("tag 'S-PER' is none of the scheme BIO"));
  EXPECT_THAT(TagSetProblems({"O", "per"}, {}, Scheme::kBio), ElementsAre("tag 'per' is none of the scheme BIO"));
  EXPECT_THAT(TagSetProblems({"O", "B-PER", "B-LOC"}, {"PER", "ORG"}, Scheme::kBio),
              ElementsAre("tag 'B-LOC' has the type 'LOC', which is not listed", "type 'ORG' has no tag"));
}

}  // namespace
}  // namespace clner
