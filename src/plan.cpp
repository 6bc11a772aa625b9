#include "plan.h"

#include <string.h>

#include <algorithm>
#include <limits>

namespace lockstep {
namespace {

/// The unit of work: enough for a kernel to be worth its call, a whole number of blocks, and little enough to share out.
constexpr size_t chunkSize = 16 * blockSize;

/// A block of gradient, in whichever type.
struct Scratch {
  alignas(64) double elements[blockSize];
};

size_t elementSize(const BoundTensor& bound) { return bound.dtype == f32 ? sizeof(float) : sizeof(double); }

/// A tensor whose elements start at `begin`.
Tensor shifted(const BoundTensor& bound, size_t begin) {
  const size_t offset = begin * elementSize(bound);
  Tensor tensor = bound.tensor;
  tensor.param = static_cast<char*>(tensor.param) + offset;
  for (void*& state : tensor.state) {
    if (state != nullptr) state = static_cast<char*>(state) + offset;
  }
  return tensor;
}

const double* rulePart(const double* row) { return row + Stages::coefficientCount; }

/// Runs a rule that needs no prologue over `count` elements.
template <size_t coefficientCount>
void run(const Isa& isa, RuleId rule, Dtype dtype, const double (&coefficients)[coefficientCount], void* param,
         const void* grad, size_t count) {
  double row[Prologue::coefficientCount + coefficientCount] = {1, 0, 1};
  std::copy_n(coefficients, coefficientCount, row + Prologue::coefficientCount);
  isa.kernels[rule][dtype](row, Tensor{param, grad, {}, count}, 0, count);
}

double sumOfSquares(const Isa& isa, Dtype dtype, const void* values, size_t count) {
  constexpr double row[Prologue::coefficientCount] = {1, 0, 1};
  double sum;
  // The rule looks at the gradient alone, and what is no gradient is not written.
  isa.measurements[GradNormId][dtype](row, Tensor{const_cast<void*>(values), values, {}, count}, 0, count, &sum);
  return sum;
}

bool isBounded(const double* row) { return row[Stages::bound] != std::numeric_limits<double>::infinity(); }

}  // namespace

void Plan::prepare() {
  size_t blocks = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const size_t length = tensors[i].tensor.length;
    for (size_t begin = 0; begin < length; begin += chunkSize) {
      chunks_.push_back({i, begin, std::min(begin + chunkSize, length)});
    }
    firstBlock_.push_back(blocks);
    blocks += (length + blockSize - 1) / blockSize;
  }
  sources.assign(tensors.size(), nullptr);
}

const double* Plan::rowOf(size_t tensor) const {
  const int32_t row = rows[tensor];
  if (row < 0 || static_cast<size_t>(row) >= tensors.size() || sources[tensor] == nullptr) return nullptr;
  return coefficients + static_cast<size_t>(row) * width;
}

/// Elements [begin, end) of the gradient, at most a block: where they stand, or what several become in scratch.
const char* Plan::preparedGrad(size_t i, const double* row, size_t begin, size_t end, void* scratch) const {
  const BoundTensor& bound = tensors[i];
  const size_t offset = begin * elementSize(bound), count = end - begin;
  const char* const first = static_cast<const char*>(sources[i]) + offset;
  if (sourceCount_ == 1 && !isBounded(row)) return first;

  memcpy(scratch, first, count * elementSize(bound));
  for (size_t s = 1; s < sourceCount_; ++s) {
    const void* const next = sources[s * tensors.size() + i];
    if (next == nullptr) continue;
    run(*isa, SumId, bound.dtype, {0}, scratch, static_cast<const char*>(next) + offset, count);
  }
  if (isBounded(row)) {
    run(*isa, ClampId, bound.dtype, {row[Stages::scale], row[Stages::bound]}, scratch, scratch, count);
  }
  return static_cast<const char*>(scratch);
}

void Plan::step() {
  sourceCount_ = std::clamp<size_t>(static_cast<size_t>(rows[tensors.size()]), 1, sources.size() / std::max<size_t>(tensors.size(), 1));
  for (const Chunk& chunk : chunks_) stepChunk(chunk);
}

void Plan::stepChunk(const Chunk& chunk) const {
  const double* const row = rowOf(chunk.tensor);
  if (row == nullptr) return;
  const BoundTensor& bound = tensors[chunk.tensor];
  const Kernel kernel = isa->kernels[bound.rule][bound.dtype];
  const double share = bound.average == nullptr ? 0 : row[Stages::averageShare];
  const bool zeroGrad = row[Stages::zeroGrad] != 0;

  if (sourceCount_ == 1 && !isBounded(row) && share == 0 && !zeroGrad) {
    Tensor tensor = bound.tensor;
    tensor.grad = sources[chunk.tensor];
    kernel(rulePart(row), tensor, chunk.begin, chunk.end);
    return;
  }

  // Block by block, so that what one stage wrote is still in the cache when the next one reads it.
  Scratch scratch;
  for (size_t begin = chunk.begin; begin < chunk.end; begin += blockSize) {
    const size_t end = std::min(begin + blockSize, chunk.end), offset = begin * elementSize(bound);
    Tensor tensor = shifted(bound, begin);
    tensor.grad = preparedGrad(chunk.tensor, row, begin, end, &scratch);
    kernel(rulePart(row), tensor, 0, end - begin);
    if (share != 0) {
      run(*isa, LerpId, bound.dtype, {share}, static_cast<char*>(bound.average) + offset, tensor.param, end - begin);
    }
    for (size_t s = 0; zeroGrad && s < sourceCount_; ++s) {
      char* const source = static_cast<char*>(sources[s * tensors.size() + chunk.tensor]);
      if (source != nullptr) memset(source + offset, 0, (end - begin) * elementSize(bound));
    }
  }
}

/// Calls measureBlock(tensor, row, begin, end, sums) for every block, and adds up its sums in order.
template <class MeasureBlock>
void Plan::measureBlocks(MeasureBlock measureBlock) {
  sourceCount_ = std::clamp<size_t>(static_cast<size_t>(rows[tensors.size()]), 1, sources.size() / std::max<size_t>(tensors.size(), 1));
  blockSums_.resize(firstBlock_.empty() ? 0 : firstBlock_.back() + (tensors.back().tensor.length + blockSize - 1) / blockSize);
  for (const Chunk& chunk : chunks_) {
    const double* const row = rowOf(chunk.tensor);
    if (row == nullptr) continue;
    for (size_t begin = chunk.begin; begin < chunk.end; begin += blockSize) {
      Sums& sums = blockSums_[firstBlock_[chunk.tensor] + begin / blockSize];
      sums = Sums{};
      measureBlock(chunk.tensor, row, begin, std::min(begin + blockSize, chunk.end), sums);
    }
  }
}

}  // namespace lockstep
