#include "plan.h"

#include <string.h>

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "fp_state.h"
#include "pool.h"

namespace lockstep {

/// A block of gradient, in whichever type.
struct Plan::Scratch {
  alignas(64) double elements[blockSize];
};

namespace {

/// The unit of work: enough for a kernel to be worth its call, a whole number of blocks, and little enough to share
/// out.
constexpr size_t chunkSize = 4 * blockSize;

/// A tensor whose elements start at `begin`.
Tensor shifted(const BoundTensor& bound, size_t begin) {
  const size_t offset = begin * bound.elementSize();
  Tensor tensor = bound.tensor;
  tensor.param = static_cast<char*>(tensor.param) + offset;
  for (void*& state : tensor.state) {
    if (state != nullptr) state = static_cast<char*>(state) + offset;
  }
  if (tensor.average != nullptr) tensor.average = static_cast<char*>(tensor.average) + offset;
  return tensor;
}

const double* rulePart(const double* row) { return row + Stages::coefficientCount; }

/// Of a rule without state.
Tensor plainTensor(void* param, const void* grad, size_t length) {
  Tensor tensor{};
  tensor.param = param;
  tensor.grad = grad;
  tensor.length = length;
  return tensor;
}

/// Runs a rule without prologue over `count` elements.
void run(const Isa& isa, RuleId rule, Dtype dtype, std::initializer_list<double> coefficients, void* param,
         const void* grad, size_t count) {
  double row[Prologue::coefficientCount + 2] = {1, 0, 1};
  std::copy(coefficients.begin(), coefficients.end(), row + Prologue::coefficientCount);
  isa.kernels[rule][dtype](row, plainTensor(param, grad, count), 0, count);
}

double sumOfSquares(const Isa& isa, Dtype dtype, const void* values, size_t count) {
  constexpr double row[Prologue::coefficientCount] = {1, 0, 1};
  double sum;
  // The rule looks at the gradient alone, and writes nothing.
  const Tensor tensor = plainTensor(const_cast<void*>(values), values, count);
  isa.measurements[GradNormId][dtype](row, tensor, 0, count, &sum);
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
  firstBlock_.push_back(blocks);
  blockSums_.resize(blocks);
  sources.assign(tensors.size(), nullptr);
}

void Plan::bindGrads(size_t first, void* const* grads, size_t count) {
  const size_t end = first + count, each = tensors.size();
  if (sources.size() < end) sources.resize((end + each - 1) / each * each, nullptr);
  std::copy_n(grads, count, sources.begin() + static_cast<std::ptrdiff_t>(first));
  for (size_t i = first; i < std::min(end, each); ++i) tensors[i].tensor.grad = sources[i];
}

/// As many gradients a tensor as the caller says, but no more than are bound.
void Plan::begin() {
  const int32_t wanted = rows[tensors.size() + sourceCount], first = rows[tensors.size() + firstRow];
  firstRow_ = static_cast<size_t>(std::max(first, 0));
  sourceCount_ = 1;
  if (wanted > 1) sourceCount_ = std::min(static_cast<size_t>(wanted), sources.size() / tensors.size());
}

const double* Plan::rowOf(size_t tensor) const {
  const int32_t row = rows[tensor];
  if (row < 0 || firstRow_ + static_cast<size_t>(row) >= rowCount || sources[tensor] == nullptr) return nullptr;
  return coefficients + (firstRow_ + static_cast<size_t>(row)) * width;
}

/// Elements [begin, end) of the gradient, at most a block: where they stand or, if it is the sum of several, in
/// scratch.
const void* Plan::summedGrad(size_t i, size_t begin, size_t end, Scratch* scratch) const {
  const BoundTensor& bound = tensors[i];
  const size_t offset = begin * bound.elementSize(), count = end - begin;
  const void* const first = static_cast<const char*>(sources[i]) + offset;
  if (sourceCount_ == 1) return first;
  memcpy(scratch, first, count * bound.elementSize());
  for (size_t s = 1; s < sourceCount_; ++s) {
    const char* const next = static_cast<const char*>(sources[s * tensors.size() + i]);
    if (next != nullptr) run(*isa, SumId, bound.dtype, {}, scratch, next + offset, count);
  }
  return scratch;
}

/// The same as the prologue and the rule get it.
const void* Plan::preparedGrad(size_t i, const double* row, size_t begin, size_t end, Scratch* scratch) const {
  const void* const grad = summedGrad(i, begin, end, scratch);
  if (!isBounded(row)) return grad;
  run(*isa, ClampId, tensors[i].dtype, {row[Stages::scale], row[Stages::bound]}, scratch, grad, end - begin);
  return scratch;
}

/// Calls work(chunk) for every chunk, on as many threads as there may be.
template <class Work>
void Plan::eachChunk(Work work) const {
  if (threads <= 1 || chunks_.size() <= 1) {
    for (const Chunk& chunk : chunks_) work(chunk);
    return;
  }
  struct Job {
    const Plan& plan;
    const Work& work;
  } job{*this, work};
  const auto run = [](void* context, size_t index) {
    const Job& job = *static_cast<Job*>(context);
    const DefaultFpState fpState;
    job.work(job.plan.chunks_[index]);
  };
  parallelFor(threads, chunks_.size(), run, &job);
}

void Plan::step() {
  begin();
  eachChunk([this](const Chunk& chunk) { stepChunk(chunk); });
}

void Plan::stepChunk(const Chunk& chunk) const {
  const double* const row = rowOf(chunk.tensor);
  if (row == nullptr) return;
  const BoundTensor& bound = tensors[chunk.tensor];
  const Kernel kernel = isa->kernels[bound.rule][bound.dtype];
  const bool zeroGrad = row[Stages::zeroGrad] != 0;
  const bool isPlain = sourceCount_ == 1 && !isBounded(row);
  if (isPlain && !zeroGrad && bound.tensor.average == nullptr) {
    kernel(rulePart(row), bound.tensor, chunk.begin, chunk.end);
    return;
  }

  const double share = bound.tensor.average == nullptr ? 0 : row[Stages::averageShare];
  const auto with = [share](Tensor tensor, const void* grad, void* zeroed) {
    tensor.grad = grad;
    if (share == 0) tensor.average = nullptr;
    tensor.averageShare = share;
    tensor.zeroed = zeroed;
    return tensor;
  };

  if (isPlain) {
    void* const grad = sources[chunk.tensor];
    kernel(rulePart(row), with(bound.tensor, grad, zeroGrad ? grad : nullptr), chunk.begin, chunk.end);
    return;
  }

  // Block by block, so that the prepared gradient is still in the cache when the rule reads it.
  Scratch scratch;
  for (size_t begin = chunk.begin; begin < chunk.end; begin += blockSize) {
    const size_t end = std::min(begin + blockSize, chunk.end), offset = begin * bound.elementSize();
    const void* const grad = preparedGrad(chunk.tensor, row, begin, end, &scratch);
    kernel(rulePart(row), with(shifted(bound, begin), grad, nullptr), 0, end - begin);
    for (size_t s = 0; zeroGrad && s < sourceCount_; ++s) {
      char* const source = static_cast<char*>(sources[s * tensors.size() + chunk.tensor]);
      if (source != nullptr) memset(source + offset, 0, (end - begin) * bound.elementSize());
    }
  }
}

/// Calls measureBlock(tensor, row, begin, end, sums) for every block, and adds up what comes out in order.
template <class MeasureBlock>
void Plan::measureBlocks(MeasureBlock measureBlock) {
  begin();
  eachChunk([&](const Chunk& chunk) {
    const double* const row = rowOf(chunk.tensor);
    if (row == nullptr) return;
    for (size_t begin = chunk.begin; begin < chunk.end; begin += blockSize) {
      Sums& block = blockSums_[firstBlock_[chunk.tensor] + begin / blockSize];
      block = Sums{};
      measureBlock(chunk.tensor, row, begin, std::min(begin + blockSize, chunk.end), block);
    }
  });
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (rowOf(i) == nullptr) continue;
    Sums total{};
    for (size_t b = firstBlock_[i]; b < firstBlock_[i + 1]; ++b) {
      total.grad += blockSums_[b].grad;
      total.clampedGrad += blockSums_[b].clampedGrad;
      for (size_t k = 0; k < maxMeasures; ++k) total.rule[k] += blockSums_[b].rule[k];
    }
    sums[i] = total;
  }
}

void Plan::measure() {
  measureBlocks([this](size_t i, const double* row, size_t begin, size_t end, Sums& sums) {
    const BoundTensor& bound = tensors[i];
    const Measurement measurement = isa->measurements[bound.rule][bound.dtype];
    if (measurement == nullptr) return;
    Scratch scratch;
    Tensor tensor = shifted(bound, begin);
    tensor.grad = preparedGrad(i, row, begin, end, &scratch);
    measurement(rulePart(row), tensor, 0, end - begin, sums.rule);
  });
}

void Plan::measureGrads() {
  measureBlocks([this](size_t i, const double* row, size_t begin, size_t end, Sums& sums) {
    const BoundTensor& bound = tensors[i];
    Scratch scratch;
    const void* const grad = summedGrad(i, begin, end, &scratch);
    sums.grad = sumOfSquares(*isa, bound.dtype, grad, end - begin);
    if (!isBounded(row)) return;
    run(*isa, ClampId, bound.dtype, {row[Stages::scale], row[Stages::bound]}, &scratch, grad, end - begin);
    sums.clampedGrad = sumOfSquares(*isa, bound.dtype, &scratch, end - begin);
  });
}

}  // namespace lockstep
