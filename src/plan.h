// A plan: the arrays of one optimizer with their kernels, and what runs over all of them.
//
// Pointers are the caller's: whoever makes a plan keeps the arrays where they are while it runs.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <vector>

#include "isa.h"

namespace lockstep {

/// What stands first in a row of coefficients: how gradients become the one that the prologue and the rule get, and
/// what is done once the rule has run.
struct Stages {
  /// bound: the gradient, if several their sum, is multiplied by scale and held within +-bound; Infinity leaves both
  /// out. averageShare: average <- average + averageShare * (W - average); 0 leaves it as it is. zeroGrad: unless 0,
  /// the gradients are set to zero.
  LOCKSTEP_COEFFICIENTS(scale, bound, averageShare, zeroGrad)
};

struct BoundTensor {
  RuleId rule;
  Dtype dtype;
  Tensor tensor;  // with its first gradient

  size_t elementSize() const { return dtype == f32 ? sizeof(float) : sizeof(double); }
  size_t bytes() const { return tensor.length * elementSize(); }
};

/// What stands behind the rows of a step: how many gradients a tensor has, and the row that the others count from.
enum StepScalars : size_t { sourceCount, firstRow, stepScalarCount };

/// What measure() and measureGrads() write for each tensor.
struct Sums {
  double grad;         // of the gradient, if several of their sum, before it is scaled
  double clampedGrad;  // after it was scaled and held within its bound, where it has one
  double rule[maxMeasures];
};

struct Plan {
  const Isa* isa;
  std::vector<BoundTensor> tensors;
  std::vector<void*> sources;  // the gradients of all tensors, then those of the second source, ...; null for none
  const double* coefficients;  // rows: those of Stages, the prologue's, the rule's
  size_t width;                // of a row
  size_t rowCount;
  const int32_t* rows;  // each tensor's row, or a negative number: leave this tensor alone; then StepScalars
  Sums* sums;           // one for each tensor
  size_t threads;       // that a step may use

  /// To be called once all tensors are there.
  void prepare();

  /// Binds gradients, null for none, from place `first` of `sources` on.
  void bindGrads(size_t first, void* const* grads, size_t count);

  /// One step of every tensor that has a row and a gradient.
  void step();
  /// Sums up what their rules measure, and changes no tensor.
  void measure();
  /// Sums up their gradients.
  void measureGrads();

 private:
  /// Elements that one thread works on.
  struct Chunk {
    size_t tensor, begin, end;
  };

  void begin();
  const double* rowOf(size_t tensor) const;
  struct Scratch;
  const void* summedGrad(size_t tensor, size_t begin, size_t end, Scratch* scratch) const;
  const void* preparedGrad(size_t tensor, const double* row, size_t begin, size_t end, Scratch* scratch) const;
  void stepChunk(const Chunk& chunk) const;
  template <class Work>
  void eachChunk(Work work) const;
  template <class MeasureBlock>
  void measureBlocks(MeasureBlock measureBlock);

  size_t sourceCount_ = 1, firstRow_ = 0;  // in this step
  std::vector<Chunk> chunks_;
  std::vector<size_t> firstBlock_;  // of each tensor, and how many there are in all
  std::vector<Sums> blockSums_;
};

}  // namespace lockstep
