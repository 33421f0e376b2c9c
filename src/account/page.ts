export { escape, HTML, page } from '../contract-kit/page.js';
