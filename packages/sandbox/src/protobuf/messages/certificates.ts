/** Messages of certificates.k8s.io/v1, in the notation of message-table.ts. */
export const certificates = `
CertificateSigningRequest:
  1metadata:meta.ObjectMeta 2spec:CertificateSigningRequestSpec 3status:CertificateSigningRequestStatus
CertificateSigningRequestCondition:
  1type:s? 2reason:s 3message:s 4lastUpdateTime:t 5lastTransitionTime:t 6status:s?
CertificateSigningRequestSpec:
  1request:y 2username:s 3uid:s 4groups:[s] 5usages:[s] 6extra:{[s]} 7signerName:s? 8expirationSeconds:i?
CertificateSigningRequestStatus:
  1conditions:[CertificateSigningRequestCondition] 2certificate:y
`;
