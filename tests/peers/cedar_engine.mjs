// @cedar-policy/cedar-wasm for Node.js. Here, because packages are found from beside node_modules only.
export { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
