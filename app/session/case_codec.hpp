// SPDX-License-Identifier: GPL-3.0-or-later
// How each type of a case is written as CBOR. Decoding throws (DamagedCase, nlohmann exceptions); load_case catches.
#pragma once
#include "app/session/blob_store.hpp"
#include "app/session/case.hpp"

namespace ot::session {

Json encode(const core::Volume&, BlobWriter&);
Json encode(const core::LabelMap&, BlobWriter&);
Json encode(const core::SurfaceMesh&, BlobWriter&);
Json encode(const core::TetMesh&, BlobWriter&);
Json encode(const core::VesselNetwork&, BlobWriter&);
Json encode(const ep::FibreField&, BlobWriter&);
Json encode(const ep::ElectroResult&, BlobWriter&);
Json encode(const ep::RecordedEcg&, BlobWriter&);
Json encode(const ep::EaMap&, BlobWriter&);
Json encode(const hemo::FlowResult&, BlobWriter&);
Json encode(const twin::HeartModel&, BlobWriter&);
Json encode(const twin::VesselModel&, BlobWriter&);
Json encode(const twin::TwinModel&, BlobWriter&);
Json encode(const twin::RunResult&, BlobWriter&);

void decode(const Json&, core::Volume&, BlobReader&);
void decode(const Json&, core::LabelMap&, BlobReader&);
void decode(const Json&, core::SurfaceMesh&, BlobReader&);
void decode(const Json&, core::TetMesh&, BlobReader&);
void decode(const Json&, core::VesselNetwork&, BlobReader&);
void decode(const Json&, ep::FibreField&, BlobReader&);
void decode(const Json&, ep::ElectroResult&, BlobReader&);
void decode(const Json&, ep::RecordedEcg&, BlobReader&);
void decode(const Json&, ep::EaMap&, BlobReader&);
void decode(const Json&, hemo::FlowResult&, BlobReader&);
void decode(const Json&, twin::HeartModel&, BlobReader&);
void decode(const Json&, twin::VesselModel&, BlobReader&);
void decode(const Json&, twin::TwinModel&, BlobReader&);
void decode(const Json&, twin::RunResult&, BlobReader&);

// Small values that live inside case.json itself.
Json encode_image(const ImageData&, BlobWriter&);
ImageData decode_image(const Json&, BlobReader&);
Json encode(const std::vector<core::Quantity>&);
std::vector<core::Quantity> decode_quantities(const Json&);
Json encode(const core::MeshQuality&);
core::MeshQuality decode_quality(const Json&);
Json encode(const std::vector<imaging::Plane>&);
std::vector<imaging::Plane> decode_planes(const Json&);

}  // namespace ot::session
