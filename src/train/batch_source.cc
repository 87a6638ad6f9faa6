#include "train/batch_source.h"

#include <algorithm>

#include "core/error.h"
#include "core/random.h"

namespace clner {
namespace {

constexpr uint64_t kUnlabelledStream = 0x5e31;  // keeps the draws apart from those of the labelled batches

BatchOrder OrderOf(TrainOptions::Batching batching) {
  if (batching == TrainOptions::Batching::kRandom) return BatchOrder::kRandom;
  return batching == TrainOptions::Batching::kFile ? BatchOrder::kFile : BatchOrder::kSorted;
}

}  // namespace

void BatchSource::Pool::Add(const Example* unit, const Example* partner) {
  units.push_back(unit);
  partners.push_back(partner);
  const Example* longer = partner != nullptr && partner->all_words > unit->all_words ? partner : unit;
  sizes.push_back({longer->all_words, unit->pieces() + (partner != nullptr ? partner->pieces() : 0)});
}

BatchSource::BatchSource(const Datasets& data, const RunConfig& config)
    : rules_(RulesOf(config)),
      plan_{OrderOf(config.train.batching), config.train.batch_sentences, config.train.batch_pieces,
            static_cast<uint64_t>(config.seed)},
      accumulate_(config.train.accumulate),
      data_(data) {
  FillLabelled();
  if (data.unlabelled) FillUnlabelled(*data.unlabelled);
}

void BatchSource::FillLabelled() {
  using Instances = ObjectiveRules::Instances;
  const Split& train = data_.train;
  if (rules_.needs_contexts() && !train.has_contexts()) {
    const bool joint = data_.corpora.size() > 1;
    throw Error(ErrorCode::kData, "the objective trains on contexts, and no training sentence has one",
                train.corpus.path,
                std::string("set ") + (joint ? "train.contexts of a corpus" : "data.train.contexts") +
                    ", or objective: {type: nll, view: original}");
  }
  const std::vector<int64_t>& epoch = data_.epoch;
  const auto example = [&](int64_t sentence) { return &train.examples[static_cast<size_t>(sentence)]; };
  const auto shown_of = [&](int64_t sentence) { return &train.WithContext(static_cast<size_t>(sentence)); };
  const bool cooperates = rules_.kl || rules_.l2;
  if (rules_.instances == Instances::kOriginal || rules_.instances == Instances::kPool) {
    for (const int64_t i : epoch) labelled_.Add(example(i), nullptr);
  }
  if (rules_.instances == Instances::kContext || rules_.instances == Instances::kPool) {
    for (const int64_t i : epoch) {
      const Example* shown = shown_of(i);
      if (!shown->context && rules_.instances == Instances::kPool && !rules_.copies) continue;
      labelled_.Add(shown, shown->context && cooperates ? example(i) : nullptr);
    }
    // Lists of one length can be taken in turn (file order); without copies the second one is shorter.
    if (labelled_.units.size() == 2 * epoch.size()) labelled_.lists = 2;
  }
  if (rules_.instances == Instances::kPairs) {
    for (const int64_t i : epoch) {
      const Example* shown = shown_of(i);
      labelled_.Add(example(i), shown->context || rules_.copies ? shown : nullptr);
    }
  }
}

void BatchSource::FillUnlabelled(const Split& unlabelled) {
  for (size_t i = 0; i < unlabelled.examples.size(); ++i) {
    if (unlabelled.WithContext(i).context) unlabelled_.Add(&unlabelled.examples[i], &unlabelled.WithContext(i));
  }
  if (unlabelled_.units.empty()) {
    throw Error(ErrorCode::kData, "no unlabelled sentence has a context, so there is nothing to learn from",
                unlabelled.corpus.path, "set data.unlabelled.contexts, or remove data.unlabelled");
  }
}

BatchPlanOptions BatchSource::PlanOf(const Pool& pool) const {
  BatchPlanOptions plan = plan_;
  plan.lists = pool.lists;
  return plan;
}

std::vector<PlannedBatch> BatchSource::Epoch(int64_t epoch) const {
  std::vector<PlannedBatch> batches;
  for (auto& positions : PlanBatches(labelled_.sizes, PlanOf(labelled_), epoch))
    batches.push_back({std::move(positions), {}});
  if (unlabelled_.units.empty()) return batches;
  // One random unlabelled batch for every labelled one (clner.md 3.7): with it, or as an update of its own.
  const auto drawn = PlanBatches(unlabelled_.sizes, PlanOf(unlabelled_), 0);
  Random random(MixSeed(MixSeed(plan_.seed, kUnlabelledStream), static_cast<uint64_t>(epoch)));
  const auto draw = [&] { return drawn[static_cast<size_t>(random.Below(drawn.size()))]; };
  if (!rules_.alternate_unlabelled) {
    for (PlannedBatch& batch : batches) batch.unlabelled = draw();
    return batches;
  }
  std::vector<PlannedBatch> both;
  for (size_t first = 0; first < batches.size(); first += static_cast<size_t>(accumulate_)) {
    const size_t end = std::min(batches.size(), first + static_cast<size_t>(accumulate_));
    for (size_t i = first; i < end; ++i) both.push_back(std::move(batches[i]));
    // As many as an optimizer step takes, so that the two kinds never share one.
    for (int64_t i = 0; i < accumulate_ && end < batches.size(); ++i) both.push_back({{}, draw()});
  }
  return both;
}

std::vector<Batch> BatchSource::Pack(const PlannedBatch& batch, int64_t part, int64_t parts) const {
  std::vector<Batch> packed;
  Pack(labelled_, batch.labelled, part, parts, &packed);
  Pack(unlabelled_, batch.unlabelled, part, parts, &packed);
  return packed;
}

void BatchSource::Pack(const Pool& pool, const std::vector<int64_t>& positions, int64_t part, int64_t parts,
                       std::vector<Batch>* batches) const {
  const auto size = static_cast<int64_t>(positions.size());
  std::vector<const Example*> units, partners;
  for (int64_t i = size * part / parts; i < size * (part + 1) / parts; ++i) {
    const auto position = static_cast<size_t>(positions[static_cast<size_t>(i)]);
    units.push_back(pool.units[position]);
    partners.push_back(pool.partners[position]);
  }
  if (units.empty()) return;
  Batch& batch = batches->emplace_back(clner::Pack(units, partners));
  if (&pool == &unlabelled_) batch.tags.clear();
  SetWeights(pool, positions, &batch);
}

void BatchSource::SetWeights(const Pool& pool, const std::vector<int64_t>& positions, Batch* batch) const {
  using Instances = ObjectiveRules::Instances;
  const bool labelled = &pool == &labelled_, paired = rules_.instances == Instances::kPairs;
  // Means are over the whole batch, also when this is only a part of it.
  const auto members = static_cast<double>(positions.size());
  double contexts = 0, pairs = 0, partners = 0;
  for (const int64_t position : positions) {
    const Example& unit = *pool.units[static_cast<size_t>(position)];
    const Example* partner = pool.partners[static_cast<size_t>(position)];
    contexts += unit.context;
    if (partner == nullptr) continue;
    ++partners;
    pairs += unit.context != partner->context;
  }
  // In a pool, a batch with contexts has another weight as a whole, its plain sentences too (clner.md 3.5).
  const double member_weight = paired || contexts == 0 ? rules_.original_weight : rules_.context_weight;
  const double partner_weight = paired ? rules_.context_weight : 0;
  const double cl_weight = labelled ? rules_.cl_weight : rules_.unlabelled_weight;
  const auto count = static_cast<size_t>(batch->sentence_count());
  batch->nll_weight.assign(count, 0);
  batch->cl_weight.assign(count, 0);
  for (size_t b = 0; b < count; ++b) {
    const bool member = static_cast<int64_t>(b) < batch->members;
    if (labelled) {
      batch->nll_weight[b] =
          static_cast<float>(member ? member_weight / members : partner_weight / std::max(partners, 1.0));
    }
    if (batch->teacher_of[b] >= 0) batch->cl_weight[b] = static_cast<float>(cl_weight / pairs);
  }
}

int64_t BatchSource::PiecesOf(const PlannedBatch& batch) const {
  int64_t pieces = 0;
  for (const int64_t position : batch.labelled) pieces += labelled_.sizes[static_cast<size_t>(position)].pieces;
  for (const int64_t position : batch.unlabelled) pieces += unlabelled_.sizes[static_cast<size_t>(position)].pieces;
  return pieces;
}

std::vector<SentencePlace> BatchSource::PlacesOf(const PlannedBatch& batch) const {
  std::vector<SentencePlace> places;
  const auto add = [&](const Pool& pool, const std::vector<int64_t>& positions, const Split& split) {
    for (const int64_t position : positions) {
      const int64_t sentence = pool.units[static_cast<size_t>(position)]->sentence;
      places.push_back({&pool == &unlabelled_ ? "unlabelled" : data_.CorpusOf(sentence).name,
                        split.corpus.sentences[static_cast<size_t>(sentence)].line});
    }
  };
  add(labelled_, batch.labelled, data_.train);
  if (data_.unlabelled) add(unlabelled_, batch.unlabelled, *data_.unlabelled);
  return places;
}

}  // namespace clner
