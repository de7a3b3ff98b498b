#include "tools/keyferry/kms_access.hpp"

#include "io/aws/endpoint.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "io/sts/sts_endpoint.hpp"
#include "tools/keyferry/account_check.hpp"
#include "tools/keyferry/account_identities.hpp"
#include "tools/keyferry/example_keys.hpp"
#include "tools/keyferry/exit_codes.hpp"
#include "tools/keyferry/version.hpp"
#include "tools/simulator/simulator_kms_client.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

namespace keyferry {

namespace asio = boost::asio;

namespace {

const char* environment(const char* name) {
    return std::getenv(name);
}

class EmbeddedSimulator final : public KmsAccess {
  public:
    EmbeddedSimulator(const SimulationOptions& options, Clock& clock)
        : kms_(simulator_settings(options)), client_(kms_, clock, client_settings(options)) {}

    KmsClient& client() override { return client_; }
    std::string description() const override { return "the built-in simulator"; }
    int check_callers(asio::io_context& /*io*/) override { return exit_done; }
    std::string callers() const override { return {}; }
    bool is_simulated() const override { return true; }
    void fill(const Plan& plan) override { fill_simulator(kms_, plan); }
    void fill(const FleetSpec& fleet) override { add_example_keys(kms_.model(), fleet); }
    void restore(const Plan& plan, const JournalReplay& replay) override {
        restore_replicas(kms_, plan, replay);
    }

  private:
    static SimulatorClientSettings client_settings(const SimulationOptions& options) {
        SimulatorClientSettings settings;
        settings.seed = options.seed;
        return settings;
    }

    SimulatedKms kms_;
    SimulatorKmsClient client_;
};

/// Whether the URL is AWS's own for that Region, or a VPC endpoint of it.
bool is_of_aws(const Endpoint& endpoint, const Region& region) {
    const Partition& partition = region.partition();
    return endpoint.host.ends_with(fmt::format(".{}", partition.dns_suffix)) ||
           endpoint.host.ends_with(fmt::format(".{}", partition.dual_stack_suffix));
}

/// Whether there is an STS that knows the accounts of this KMS.
bool has_sts(const KmsOptions& options, const FleetScope& scope) {
    const Parsed<std::optional<Endpoint>> sts =
        configured_endpoint("AWS_ENDPOINT_URL_STS", environment);
    if (sts && *sts) {
        return true;
    }
    return std::all_of(scope.regions.begin(), scope.regions.end(), [&](const Region& region) {
        return is_of_aws(kms_endpoint(region, options.endpoint_url, environment).value(), region);
    });
}

class HttpAccess final : public KmsAccess {
  public:
    HttpAccess(const KmsOptions& options,
               const FleetScope& scope,
               std::string endpoints,
               asio::io_context& io,
               Clock& clock)
        : endpoints_(std::move(endpoints)),
          has_sts_(has_sts(options, scope)),
          identities_(scope, options.profile, environment, http_settings(options), io, clock),
          client_(
              io,
              clock,
              [this](const Place& place) { return identities_.at_hand(place); },
              [this](Place place, std::shared_ptr<const Credentials> refused) {
                  return identities_.renewed(std::move(place), std::move(refused));
              },
              [endpoint_url = options.endpoint_url](const Region& region) {
                  return kms_endpoint(region, endpoint_url, environment);
              },
              http_settings(options),
              kVersion) {}

    AccountIdentities& identities() { return identities_; }

    KmsClient& client() override { return client_; }
    std::string description() const override {
        return fmt::format("{}, with credentials from {}", endpoints_, identities_.sources());
    }
    int check_callers(asio::io_context& io) override {
        return has_sts_ ? check_accounts(identities_, io, callers_) : exit_done;
    }
    std::string callers() const override {
        std::string arns;
        for (const std::string& arn : callers_) {
            arns.append(arns.empty() ? "" : " ").append(arn);
        }
        return arns;
    }
    bool is_simulated() const override { return false; }
    void fill(const Plan& /*plan*/) override {}
    void fill(const FleetSpec& /*fleet*/) override {}
    void restore(const Plan& /*plan*/, const JournalReplay& /*replay*/) override {}

  private:
    std::string endpoints_;
    bool has_sts_;
    AccountIdentities identities_;
    KmsHttpClient client_;
    std::vector<std::string> callers_;
};

/// "https://kms.eu-west-1.amazonaws.com and 3 more", or the one URL that serves all Regions.
std::string endpoints_text(const KmsOptions& options, const FleetScope& scope) {
    std::set<std::string> urls;
    for (const Region& region : scope.regions) {
        urls.insert(kms_endpoint(region, options.endpoint_url, environment).value().url());
    }
    return urls.size() == 1 ? *urls.begin()
                            : fmt::format("{} and {} more", *urls.begin(), urls.size() - 1);
}

}  // namespace

HttpSettings http_settings(const KmsOptions& options) {
    HttpSettings settings;
    if (options.ca_bundle) {
        settings.ca_file = *options.ca_bundle;
    } else if (const auto bundle = variable(environment, "AWS_CA_BUNDLE")) {
        settings.ca_file = *bundle;
    }
    return settings;
}

void add_kms_options(CLI::App& command, KmsOptions& options) {
    command.add_option("--endpoint-url",
                       options.endpoint_url,
                       "Ask this KMS for all Regions [AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, "
                       "else AWS's own]; plain http only to this machine");
    command.add_option(
        "--profile", options.profile, "Profile of the shared AWS files [AWS_PROFILE]");
    command.add_option("--ca-bundle",
                       options.ca_bundle,
                       "Certificates to trust, a PEM file [AWS_CA_BUNDLE, else the system's]");
}

std::optional<ParseProblem> check_kms_options(const KmsOptions& options, const FleetScope& scope) {
    if (options.simulation.simulate) {
        return std::nullopt;
    }
    for (const Region& region : scope.regions) {
        const Parsed<Endpoint> endpoint = kms_endpoint(region, options.endpoint_url, environment);
        if (!endpoint) {
            return endpoint.error();
        }
    }
    return std::nullopt;
}

Parsed<std::unique_ptr<KmsAccess>> open_kms(const KmsOptions& options,
                                            const FleetScope& scope,
                                            asio::io_context& io,
                                            Clock& clock) {
    using Access = std::unique_ptr<KmsAccess>;
    if (options.simulation.simulate) {
        return Access(std::make_unique<EmbeddedSimulator>(options.simulation, clock));
    }
    auto access =
        std::make_unique<HttpAccess>(options, scope, endpoints_text(options, scope), io, clock);
    if (auto problem = access->identities().find_all()) {
        return *problem;
    }
    return Access(std::move(access));
}

}  // namespace keyferry
