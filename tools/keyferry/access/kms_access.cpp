// SPDX-License-Identifier: Apache-2.0
#include "tools/keyferry/access/kms_access.hpp"

#include "engine/journal/read/header.hpp"
#include "io/http/http_client.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tools/keyferry/access/account_check.hpp"
#include "tools/keyferry/access/account_identities.hpp"
#include "tools/keyferry/access/kms_route.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/simulated/simulated_fleet.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/version.hpp"
#include "tools/simulator/service/simulator_kms_client.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace keyferry::cli {

namespace asio = boost::asio;

namespace {

class EmbeddedSimulator final : public KmsAccess {
  public:
    EmbeddedSimulator(const SimulationOptions& options, io::Clock& clock)
        : kms_(simulator_settings(options)), client_(kms_, clock, client_settings(options)) {}

    io::KmsClient& client() override { return client_; }
    std::string description() const override { return "the built-in simulator"; }
    bool is_simulated() const override { return true; }
    void fill(const planner::Plan& plan) override { fill_simulator(kms_, plan); }
    void fill(const planner::FleetSpec& fleet) override { add_example_keys(kms_.model(), fleet); }
    void restore(const planner::Plan& plan, const engine::JournalReplay& replay) override {
        restore_replicas(kms_, plan, replay);
    }

  private:
    static simulator::SimulatorClientSettings client_settings(const SimulationOptions& options) {
        simulator::SimulatorClientSettings settings;
        settings.seed = options.seed;
        return settings;
    }

    simulator::SimulatedKms kms_;
    simulator::SimulatorKmsClient client_;
};

class HttpAccess final : public KmsAccess {
  public:
    HttpAccess(const KmsOptions& options,
               const KmsRoute& route,
               const FleetScope& scope,
               asio::io_context& io,
               io::Clock& clock)
        : io_(io),
          clock_(clock),
          route_(route),
          endpoints_(route.text(scope)),
          custom_origin_(route.custom_origin(scope)),
          has_sts_(route.has_sts(scope)),
          identities_(scope, options.profile, route, io, clock),
          client_(
              io,
              clock,
              [this](const io::AccountRegion& place) { return identities_.current(place); },
              [this](io::AccountRegion place, std::shared_ptr<const io::Credentials> refused) {
                  return identities_.refresh(std::move(place), std::move(refused));
              },
              [endpoints = route.kms](const io::Region& region) {
                  return io::Parsed<io::Endpoint>(
                      io::regional_endpoint(io::AwsService::kms, region, endpoints));
              },
              route.http(),
              kVersion) {
        route_.config.reset();  // it contains secrets
        identities_.use_clock_correction([this] { return client_.clock_correction(); });
    }

    io::KmsClient& client() override { return client_; }
    std::string description() const override {
        return fmt::format("{}, with credentials from {}", endpoints_, identities_.sources());
    }
    std::optional<io::ParseProblem> check_callers() {
        return check_accounts(identities_, has_sts_, io_, callers_);
    }
    const std::map<io::AccountId, std::string>& refused_accounts() const override {
        return identities_.refused();
    }
    std::map<io::AccountId, std::string> callers() const override {
        std::map<io::AccountId, std::string> arns;
        for (const io::CallerIdentity& caller : callers_) {
            arns.emplace(caller.account, caller.arn);
        }
        return arns;
    }
    engine::JournalAccess journal_access() const override {
        using Endpoint = engine::JournalAccess::Endpoint;
        engine::JournalAccess access;
        access.endpoint = custom_origin_.empty() ? Endpoint::aws : Endpoint::custom;
        access.origin = custom_origin_;
        for (const io::CallerIdentity& caller : callers_) {
            access.callers.push_back({caller.account.digits(), engine::principal_of(caller.arn)});
        }
        return access;
    }
    std::string identity() const override {
        const std::string arns = caller_arns();
        return fmt::format(
            "{}{}credentials from {}", arns, arns.empty() ? "" : ", by ", identities_.sources());
    }
    asio::awaitable<std::optional<io::RegionOptIns>> region_opt_ins(
        std::chrono::sys_seconds now) override {
        const std::vector<io::AccountId> accounts = identities_.accounts();
        if (!route_.account || accounts.size() != 1) {  // the opt-in status is per account
            co_return std::nullopt;
        }
        const io::AccountRegion place(accounts.front(), account_region());
        const io::Endpoint& endpoint = *route_.account;
        io::HttpClient http(io_, clock_, route_.http());
        const io::HttpTarget target =
            http.target(io::HttpOrigin(endpoint.https, endpoint.host, endpoint.port));
        co_return co_await io::list_regions(
            target, endpoint, identities_.current(place), account_region(), now);
    }
    bool is_simulated() const override { return false; }
    void fill(const planner::Plan& /*plan*/) override {}
    void fill(const planner::FleetSpec& /*fleet*/) override {}
    void restore(const planner::Plan& /*plan*/, const engine::JournalReplay& /*replay*/) override {}

  private:
    asio::io_context& io_;
    io::Clock& clock_;
    KmsRoute route_;
    std::string endpoints_;
    std::string custom_origin_;  ///< empty: the AWS endpoints
    bool has_sts_;
    AccountIdentities identities_;
    io::KmsHttpClient client_;
    std::vector<io::CallerIdentity> callers_;
};

}  // namespace

std::string KmsAccess::caller_arns() const {
    std::string arns;
    for (const auto& [account, arn] : callers()) {
        arns.append(arns.empty() ? "" : " ").append(arn);
    }
    return arns;
}

asio::awaitable<std::optional<io::RegionOptIns>> KmsAccess::region_opt_ins(
    std::chrono::sys_seconds /*now*/) {
    co_return std::nullopt;
}

std::unique_ptr<KmsAccess> open_kms(const KmsOptions& options,
                                    const FleetScope& scope,
                                    asio::io_context& io,
                                    io::Clock& clock) {
    if (options.simulation.simulate) {
        return std::make_unique<EmbeddedSimulator>(options.simulation, clock);
    }
    const io::Parsed<KmsRoute> route = find_route(options);
    if (!route) {
        throw CommandError(exit_usage, route.error().text);
    }
    auto access = std::make_unique<HttpAccess>(options, *route, scope, io, clock);
    if (const auto problem = access->check_callers()) {
        throw CommandError(exit_permission, problem->text);
    }
    return access;
}

}  // namespace keyferry::cli
