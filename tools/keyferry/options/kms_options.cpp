// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/options/kms_options.hpp"

namespace keyferry::cli {

void add_kms_options(Command command, KmsOptions& options) {
    command.option("--endpoint-url",
                   options.endpoint_url,
                   "Ask this KMS for all Regions [AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, "
                   "endpoint_url of the profile, else AWS's own]; plain http only to this "
                   "machine");
    command.option("--profile", options.profile, "Profile of the shared AWS files [AWS_PROFILE]");
    command.option("--ca-bundle",
                   options.ca_bundle,
                   "Certificates to trust, a PEM file [AWS_CA_BUNDLE, ca_bundle of the "
                   "profile, else the system's]");
}

}  // namespace keyferry::cli
