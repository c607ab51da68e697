# SPDX-License-Identifier: Apache-2.0
"""What a CSC service says of itself and of a credential, in every form that the switches know."""
import base64

from . import pki, schemes

FACTORS = {"pin": "PIN", "totp": "OTP", "online": "OTP"}
LABELS = {"pin": ("PIN", "Enter the PIN of your signing key"),
          "totp": ("OTP", "Enter the code of your authenticator"),
          "online": ("OTP", "Enter the code that was sent to your phone"),
          "app": ("App", "Confirm on your phone")}


def service(api, host):
    switches = api.world.switches
    value = {
        "specs": api.specs(), "name": "Simulated remote signing", "logo": f"https://{host}/logo.png",
        "region": "VN", "lang": "en-US", "description": "A stand-in for tests; it signs nothing of value",
        "authType": switches["csc_auth_types"].split(","),
        "methods": [*api.calls, "oauth2/authorize", "oauth2/token", "oauth2/revoke"],
    }
    value["methods"].remove("info")
    auth = f"https://{host}{api.base}/auth"
    value.update(api.more_info(auth))
    if switches["csc_oauth2_uri"] == "slash" and "oauth2" in value:
        value["oauth2"] += "/"
    return dressed(switches, value)


def credential(api, one, asked):
    """asked: certificates, certInfo, authInfo of the request."""
    switches = api.world.switches
    enabled = one.status_now() not in ("REVOKED", "SUSPENDED") and switches["key_status"] == "enabled"
    value = {"description": one.holder,
             "key": {"status": "enabled" if enabled else "disabled", "algo": api.algorithms(one),
                     "len": one.key.key_size},
             "cert": certificate(api, one, asked)}
    if one.curve:
        value["key"]["curve"] = schemes.CURVE_OIDS[one.curve]
    elif switches["csc_optional"] == "null":
        value["key"]["curve"] = None
    if switches["csc_algo_form"] == "string":
        value["key"]["algo"] = value["key"]["algo"][0]
    value.update(api.auth_info(one, asked.get("authInfo", False)))
    value.update({"SCAL": one.remote["scal"], "multisign": one.remote["multisign"], "lang": "en-US"})
    if switches["csc_optional"] != "present":
        gone = {"description": None, "lang": None, "SCAL": None} if one.remote["scal"] == "1" else {
            "description": None, "lang": None}
        for name in gone:
            if switches["csc_optional"] == "null":
                value[name] = None
            else:
                del value[name]
    return value


def certificate(api, one, asked):
    cert, switches = one.certificate, api.world.switches
    value = {"status": one.status_now().lower()}
    wanted = asked.get("certificates", "single")
    if wanted != "none":
        certs = [cert] + ([api.vault.ca, api.vault.root] if wanted == "chain" else [])
        certs = certs[:{"full": 3, "no-root": 2, "signer": 1}[switches["csc_chain"]]]
        value["certificates"] = [base64.b64encode(pki.der(c)).decode() for c in certs]
    if asked.get("certInfo", False):
        value.update({
            "issuerDN": cert.issuer.rfc4514_string(), "subjectDN": cert.subject.rfc4514_string(),
            "serialNumber": one.serial.upper(),
            "validFrom": cert.not_valid_before.strftime("%Y%m%d%H%M%SZ"),
            "validTo": cert.not_valid_after.strftime("%Y%m%d%H%M%SZ")})
    return value


def dressed(switches, value):
    """Numbers and booleans as text, as some services write them."""
    if switches["csc_types"] == "proper":
        return value
    if isinstance(value, dict):
        return {name: dressed(switches, item) for name, item in value.items()}
    if isinstance(value, list):
        return [dressed(switches, item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value
