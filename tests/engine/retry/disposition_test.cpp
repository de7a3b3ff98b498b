#include "engine/retry/disposition.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace keyferry {
namespace {

Disposition refused(KmsApi api, KmsErrorCode code, std::string message = "") {
    return disposition_of(api, CallFailure(Certainty::refused, code, std::move(message)));
}

TEST(Disposition, of_a_call_that_sets_something_is_to_make_it_again) {
    for (const KmsApi api : {KmsApi::put_key_policy,
                             KmsApi::tag_resource,
                             KmsApi::update_key_description,
                             KmsApi::create_alias}) {
        const CallFailure lost(Certainty::unknown, KmsErrorCode::request_timeout, "");
        EXPECT_EQ(disposition_of(api, lost), Disposition::retry);
        EXPECT_EQ(refused(api, KmsErrorCode::kms_internal), Disposition::retry);
        EXPECT_EQ(refused(api, KmsErrorCode::throttling), Disposition::retry_throttled);
        EXPECT_EQ(refused(api, KmsErrorCode::limit_exceeded), Disposition::retry)
            << "50 tags and no room for more: a hundred attempts would not help";
        EXPECT_EQ(refused(api, KmsErrorCode::malformed_policy_document), Disposition::retry_policy);
        EXPECT_EQ(refused(api, KmsErrorCode::access_denied), Disposition::fail);
        EXPECT_EQ(refused(api, KmsErrorCode::not_found), Disposition::absent);
    }
}

TEST(Disposition, of_every_code_is_stated) {
    struct Row {
        KmsErrorCode code;
        Disposition replicate;
        Disposition describe;
    };
    using enum KmsErrorCode;
    using D = Disposition;
    const std::vector<Row> rows{
        {access_denied, D::fail_denied, D::fail},
        {already_exists, D::adopt, D::fail},
        {conflict, D::fail, D::fail},
        {dependency_timeout, D::reconcile, D::retry},
        {disabled, D::fail, D::fail},
        {expired_import_token, D::fail, D::fail},
        {expired_token, D::stop_run, D::stop_run},
        {incomplete_signature, D::stop_run, D::stop_run},
        {incorrect_key_material, D::fail, D::fail},
        {internal_failure, D::reconcile, D::retry},
        {invalid_alias_name, D::fail, D::fail},
        {invalid_arn, D::fail, D::fail},
        {invalid_ciphertext, D::fail, D::fail},
        {invalid_client_token, D::stop_run, D::fail},
        {invalid_import_token, D::fail, D::fail},
        {invalid_marker, D::fail, D::fail},
        {invalid_signature, D::stop_run, D::stop_run},
        {key_unavailable, D::reconcile, D::retry},
        {kms_internal, D::reconcile, D::retry},
        {kms_invalid_state, D::fail, D::fail},
        {limit_exceeded, D::retry_limit, D::retry_throttled},
        {malformed_policy_document, D::retry_policy, D::fail},
        {missing_authentication_token, D::stop_run, D::stop_run},
        {not_found, D::fail, D::absent},
        {opt_in_required, D::fail, D::fail},
        {request_entity_too_large, D::fail, D::fail},
        {request_expired, D::stop_run, D::stop_run},
        {request_timeout, D::reconcile, D::retry},
        {service_unavailable, D::reconcile, D::retry},
        {tag, D::fail, D::fail},
        {throttling, D::retry_throttled, D::retry_throttled},
        {unknown_operation, D::fail, D::fail},
        {unsupported_operation, D::fail, D::fail},
        {validation, D::fail, D::fail},
        {server_error, D::reconcile, D::retry},
        {other, D::fail, D::fail},
    };
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(other) + 1) << "a code is missing here";
    for (const Row& row : rows) {
        EXPECT_EQ(refused(KmsApi::replicate_key, row.code), row.replicate) << name_of(row.code);
        EXPECT_EQ(refused(KmsApi::describe_key, row.code), row.describe) << name_of(row.code);
    }
}

TEST(Disposition, of_an_unknown_outcome_is_a_look_before_any_resend) {
    const CallFailure failure(Certainty::unknown, KmsErrorCode::access_denied, "");
    EXPECT_EQ(disposition_of(KmsApi::replicate_key, failure), Disposition::reconcile);
    EXPECT_EQ(disposition_of(KmsApi::describe_key, failure), Disposition::retry);
}

TEST(Disposition, of_what_was_never_sent_is_to_try_again) {
    const CallFailure failure(Certainty::not_sent, KmsErrorCode::service_unavailable, "");
    EXPECT_EQ(disposition_of(KmsApi::replicate_key, failure), Disposition::retry);
}

TEST(Disposition, says_which_trouble_the_way_to_kms_is_in) {
    EXPECT_EQ(trouble_of(Disposition::retry), Trouble::unreachable);
    EXPECT_EQ(trouble_of(Disposition::reconcile), Trouble::unreachable);
    EXPECT_EQ(trouble_of(Disposition::retry_throttled), Trouble::throttled);
    EXPECT_EQ(trouble_of(Disposition::retry_limit), Trouble::key_quota);
    EXPECT_EQ(trouble_of(Disposition::fail_denied), Trouble::denied);
    for (const Disposition answer : {Disposition::retry_policy,
                                     Disposition::wait_for_state,
                                     Disposition::adopt,
                                     Disposition::absent,
                                     Disposition::fail,
                                     Disposition::stop_run}) {
        EXPECT_EQ(trouble_of(answer), Trouble::none) << name_of(answer);
    }
}

TEST(Disposition, of_an_invalid_state_follows_from_its_text) {
    const auto state = [](const char* text) {
        return refused(KmsApi::replicate_key, KmsErrorCode::kms_invalid_state, text);
    };
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is creating."), Disposition::wait_for_state);
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is updating."), Disposition::wait_for_state);
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is pending deletion."), Disposition::fail);
    EXPECT_EQ(state("arn:aws:kms:us-east-1:1:key/mrk-1 is pending import."), Disposition::fail);
    EXPECT_EQ(state(""), Disposition::fail);
}

}  // namespace
}  // namespace keyferry
