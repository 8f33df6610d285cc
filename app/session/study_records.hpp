// SPDX-License-Identifier: GPL-3.0-or-later
// What was studied on a case, beside the runs of studies.hpp: proofs of block and restitution curves, kept in the case folder as
// studies/proof-<key>.json and studies/restitution-<key>.json; and all of it together, as the report takes it.
// Fails:   where the folder cannot be written; a damaged file is not shown, asking again replaces it. Threads: any, one at a time per folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "app/session/restitution.hpp"
#include "app/session/studies.hpp"

namespace ot::session {

struct KeptProof {
  ep::BlockProof proof;
  std::string plan, scenario;                // name of the plan; hash of what it held
  core::Mode mode = core::Mode::fast;
  core::Vec3 a{0, 0, 0}, b{0, 0, 0};         // LPS mm
  std::string saved_utc;
};

struct KeptRestitution {
  ep::RestitutionStudy study;
  std::string plan, scenario, saved_utc;
};

struct StudyRecords {
  std::vector<SavedStudy> studies;           // newest first, as the next two
  std::vector<KeptProof> proofs;
  std::vector<KeptRestitution> curves;
};
StudyRecords study_records(const std::filesystem::path& folder);

// The same question asked again (plan, what it holds, model, places or interval) replaces the older answer.
core::Result<void> keep_proof(const std::filesystem::path& folder, const KeptProof& proof);
core::Result<void> keep_restitution(const std::filesystem::path& folder, const KeptRestitution& curves);

}  // namespace ot::session
