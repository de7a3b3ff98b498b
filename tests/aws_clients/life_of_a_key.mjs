// SPDX-License-Identifier: Apache-2.0
// The life cycle of a multi-Region key, with the AWS SDK for JavaScript v3. Arguments: the node_modules folder and
// the endpoint. Exits with an error if a response differs from that of KMS.
import assert from "node:assert/strict";
import { constants, publicEncrypt, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, endpoint] = process.argv.slice(2);
const sdk = createRequire(join(modules, "at.js"))("@aws-sdk/client-kms");
const regions = ["eu-west-1", "eu-central-1", "ap-southeast-2"];
const policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" },
                  Action: "kms:*", Resource: "*" }],
});

const clients = new Map();
function kms(region) {
    if (!clients.has(region)) {
        clients.set(region, new sdk.KMSClient({ region, endpoint, maxAttempts: 1 }));
    }
    return clients.get(region);
}
const call = (name, input, region = "us-east-1") => kms(region).send(new sdk[`${name}Command`](input));
async function refused(exception, name, input, region) {
    await assert.rejects(call(name, input, region), (error) => {
        assert.ok(error instanceof sdk[exception], `${error.name} instead of ${exception}`);
        return true;
    });
}
async function reaches(state, KeyId, region) {
    for (;;) {
        const seen = (await call("DescribeKey", { KeyId }, region)).KeyMetadata;
        if (seen.KeyState === state) {
            return seen;
        }
    }
}

async function replicate() {
    const KeyId = (await call("CreateKey", { MultiRegion: true })).KeyMetadata.KeyId;
    for (const ReplicaRegion of regions) {
        const made = await call("ReplicateKey", { KeyId, ReplicaRegion });
        assert.equal(made.ReplicaKeyMetadata.KeyState, "Creating");
        assert.ok(made.ReplicaKeyMetadata.CreationDate instanceof Date);
    }
    for (const region of regions) {
        await reaches("Enabled", KeyId, region);
    }
    await refused("AlreadyExistsException", "ReplicateKey", { KeyId, ReplicaRegion: regions[0] });
    return KeyId;
}

async function attributes(KeyId) {
    const region = regions[0];
    await call("CreateAlias", { AliasName: "alias/orders", TargetKeyId: KeyId }, region);
    await refused("AlreadyExistsException", "CreateAlias", { AliasName: "alias/orders", TargetKeyId: KeyId }, region);
    await call("TagResource", { KeyId, Tags: [{ TagKey: "a", TagValue: "" }] }, region);
    assert.deepEqual((await call("ListResourceTags", { KeyId }, region)).Tags, [{ TagKey: "a", TagValue: "" }]);
    await call("UntagResource", { KeyId, TagKeys: ["a"] }, region);
    await call("PutKeyPolicy", { KeyId, Policy: policy }, region);
    assert.equal((await call("GetKeyPolicy", { KeyId }, region)).Policy, policy);
    await call("UpdateKeyDescription", { KeyId, Description: "d" }, region);
    await call("DeleteAlias", { AliasName: "alias/orders" }, region);
    await refused("NotFoundException", "DeleteAlias", { AliasName: "alias/orders" }, region);
}

async function states(KeyId) {
    await call("DisableKey", { KeyId });
    await refused("DisabledException", "ReplicateKey", { KeyId, ReplicaRegion: "eu-west-2" });
    await call("EnableKey", { KeyId });
    const scheduled = await call("ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
    assert.equal(scheduled.KeyState, "PendingReplicaDeletion");
    await refused("KMSInvalidStateException", "EnableKey", { KeyId });
    await call("CancelKeyDeletion", { KeyId });
    await call("EnableKey", { KeyId });
    await call("UpdatePrimaryRegion", { KeyId, PrimaryRegion: regions[0] });
    const promoted = await reaches("Enabled", KeyId, regions[0]);
    assert.equal(promoted.MultiRegionConfiguration.MultiRegionKeyType, "PRIMARY");
    await call("EnableKeyRotation", { KeyId, RotationPeriodInDays: 90 }, regions[0]);
    const status = await call("GetKeyRotationStatus", { KeyId }, regions[0]);
    assert.equal(status.RotationPeriodInDays, 90);
    assert.ok(status.NextRotationDate instanceof Date);
}

async function material() {
    const KeyId = (await call("CreateKey", { MultiRegion: true, Origin: "EXTERNAL" })).KeyMetadata.KeyId;
    const { ImportToken, PublicKey } = await call("GetParametersForImport", {
        KeyId, WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" });
    const EncryptedKeyMaterial = publicEncrypt(
        { key: Buffer.from(PublicKey), format: "der", type: "spki", oaepHash: "sha256",
          padding: constants.RSA_PKCS1_OAEP_PADDING }, randomBytes(32));
    const input = { KeyId, ImportToken, ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" };
    await refused("InvalidCiphertextException", "ImportKeyMaterial", { ...input, EncryptedKeyMaterial: randomBytes(256) });
    await call("ImportKeyMaterial", { ...input, EncryptedKeyMaterial });
    await reaches("Enabled", KeyId, "us-east-1");
}

const key = await replicate();
await attributes(key);
await states(key);
await material();
console.log("life cycle completed");
